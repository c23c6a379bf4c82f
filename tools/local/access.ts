import { isIP } from 'node:net';
import { SettingError } from './setting-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The address of the services of `npm start`, and the hosts that they answer for. */
export type Access = {
  /** The address to listen on. */
  readonly address: string;
  /** The address at which this machine reaches the services. */
  readonly reachAt: string;
  /** True if only this machine can reach the services. */
  readonly isLoopback: boolean;
  /** The allowed hosts of requests, in the format of HTTP_ALLOWED_HOSTS. */
  readonly hosts: readonly string[];
  /** The variables that configure the services accordingly. */
  readonly environment: Readonly<Record<string, string>>;
};

const loopback = '127.0.0.1';
const hostsOfLoopback = ['localhost', loopback, '[::1]'];
const everyInterface = new Set(['::', '0.0.0.0']);

/**
 * Reads the access settings of `npm start`. By default only this machine has access, under its
 * loopback names, and no page of another origin. HTTP_ADDRESS, HTTP_ALLOWED_HOSTS and CORS_ORIGIN
 * change that. Throws a {@link SettingError} for an invalid address.
 */
export const readAccess = (environment: Environment): Access => {
  const address = environment['HTTP_ADDRESS'] || loopback;
  if (isIP(address) === 0) throw new SettingError('HTTP_ADDRESS must be an IP address; :: listens on every interface');
  const isEverywhere = everyInterface.has(address);
  const hosts = [
    ...hostsOfLoopback,
    ...(isEverywhere || address === loopback ? [] : [hostOf(address)]),
    ...(environment['HTTP_ALLOWED_HOSTS'] ?? '').split(',').flatMap((host) => host.trim() || []),
  ];
  return {
    address,
    reachAt: isEverywhere ? loopback : address,
    isLoopback: address === '::1' || address.startsWith('127.'),
    hosts,
    environment: {
      HTTP_ADDRESS: address,
      HTTP_ALLOWED_HOSTS: hosts.join(','),
      CORS_ORIGIN: environment['CORS_ORIGIN'] || 'none',
    },
  };
};

/** Formats an address for a URL. */
export const hostOf = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address);
