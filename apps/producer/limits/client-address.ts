import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** Returns a name for the client of a request, for limits per client. */
export type ClientOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string;

/**
 * Names clients by their address. `header` is the name of a header that a trusted proxy overwrites
 * with the address of its client. Without it, or if it holds no address, uses the address of the
 * connection.
 */
export const clientsBy = (header: string | undefined): ClientOf => {
  if (header === undefined) return ({ socket }) => networkOf(socket.remoteAddress ?? '');
  const name = header.toLowerCase();
  return ({ headers, socket }) => {
    const given = headers[name];
    const isAddress = typeof given === 'string' && (isIPv4(given) || isIPv6(given));
    return networkOf(isAddress ? given : (socket.remoteAddress ?? ''));
  };
};

/**
 * Returns the part of an address that one client cannot choose: an IPv4 address, or the first 64
 * bits of an IPv6 address (RFC 6177: a site has at least that much).
 */
export const networkOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const groups = expand(new SocketAddress({ address, family: 'ipv6' }).address);
  return `${groups.slice(0, 4).join(':')}::/64`;
};

const groupsOfAddress = 8;

/** Returns the eight groups of a canonical IPv6 address, in which `::` stands for zeros. */
const expand = (address: string): string[] => {
  const [start = '', end] = address.split('::');
  const before = start.split(':').filter(Boolean);
  if (end === undefined) return before;
  const after = end.split(':').filter(Boolean);
  return [...before, ...Array<string>(groupsOfAddress - before.length - after.length).fill('0'), ...after];
};
