import { isIP } from 'node:net';
import { SettingError } from './setting-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the services of `npm start` listen, and for whom they answer. */
export type Access = {
  /** The address to listen on. */
  readonly address: string;
  /** The address at which this machine reaches what listens there. */
  readonly reachAt: string;
  /** True if only this machine reaches it. */
  readonly isLoopback: boolean;
  /** The hosts that requests may be for, as HTTP_ALLOWED_HOSTS takes them. */
  readonly hosts: readonly string[];
  /** The variables that tell the services so. */
  readonly environment: Readonly<Record<string, string>>;
};

const loopback = '127.0.0.1';
const hostsOfLoopback = ['localhost', loopback, '[::1]'];
const everyInterface = new Set(['::', '0.0.0.0']);

/**
 * Reads who may reach a Sluice of `npm start`: this machine only, by the names of its loopback, and no page of another origin, unless
 * HTTP_ADDRESS, HTTP_ALLOWED_HOSTS or CORS_ORIGIN say otherwise. Throws a {@link SettingError} for an address that is none.
 */
export const readAccess = (environment: Environment): Access => {
  const address = environment['HTTP_ADDRESS'] || loopback;
  if (isIP(address) === 0) throw new SettingError('HTTP_ADDRESS must be an IP address; :: is every interface');
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

/** An address as it stands in a URL. */
export const hostOf = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address);
