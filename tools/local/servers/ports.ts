import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { listenHost } from '@sluice/runtime/config/listen-host.ts';

const longestCommandShown = 100;

// fetch refuses some lower ports. Outgoing connections use ports from 32768 (Linux) or 49152
// (macOS), and one of them could take a port before its server does.
const lowestPort = 11_000;
const endOfPorts = 32_768;

/** Finds a port that nothing listens on at the moment. */
export const findFreePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(lowestPort, endOfPorts);
    if (await isPortFree(port)) return port;
  }
};

/**
 * True if a server may listen on `port` of `address` and clients of `localhost` then reach it. By
 * default `address` means every interface. Many clients try ::1 first, where another program may
 * listen. Throws an {@link AddressMissingError} if the machine does not have the address.
 */
export const isPortFree = async (port: number, address = '::'): Promise<boolean> => {
  const outcome = await tryToListen(port, address);
  if (outcome === 'no address') throw new AddressMissingError(address);
  return outcome === 'free' && (address !== '127.0.0.1' || (await tryToListen(port, '::1')) !== 'taken');
};

/** No interface of the machine has the address. */
export class AddressMissingError extends Error {
  readonly code = 'ADDRESS_MISSING';

  constructor(address: string) {
    super(`This machine does not have the address ${address}`);
  }
}

const tryToListen = async (port: number, address: string): Promise<'free' | 'taken' | 'no address'> => {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen(port, listenHost(address));
  try {
    await listening;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') return 'taken';
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return 'no address';
    throw error;
  }
  server.close();
  await once(server, 'close');
  return 'free';
};

/** Describes the process that listens on `port`, as far as this user may know: `nginx (pid 12)`. */
export const describeHolder = (port: number): string => {
  const pid = process.platform === 'linux' ? findHolderInProc(port) : findHolderWithLsof(port);
  if (pid === undefined) return 'another program (its name is unknown; it may belong to another user)';
  return `${commandOf(pid).slice(0, longestCommandShown)} (pid ${pid})`;
};

const findHolderInProc = (port: number): string | undefined => {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = '0A';
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6']
      // Without IPv6 there is no second file.
      .filter((file) => existsSync(file))
      .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === listening && local?.endsWith(`:${hexPort}`) === true)
      .map((columns) => `socket:[${columns[9]}]`),
  );
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => openFilesOf(pid).some((file) => inodes.has(file)));
};

const openFilesOf = (pid: string): string[] => {
  // Processes may end meanwhile, and those of other users may not be readable.
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).map((fd) => readlinkSync(`${folder}/${fd}`));
  } catch {
    return [];
  }
};

const findHolderWithLsof = (port: number): string | undefined => {
  try {
    return execFileSync('lsof', ['-nPt', `-iTCP:${port}`, '-sTCP:LISTEN'], { encoding: 'utf8' }).split('\n')[0];
  } catch {
    return undefined;
  }
};

/** Returns the command line of a process, or `''` if no process has the id. */
export const commandOf = (pid: number | string): string => {
  try {
    // Small Linux images have no `ps`.
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      : execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
};
