import type { IncomingMessage } from 'node:http';

// Node keeps the first of several and drops the others. A proxy may have used another one (request
// smuggling).
const singles = ['host', 'content-type', 'authorization'];
const lengths = new Set(singles.map(({ length }) => length));

// A name, an IPv4 or an IPv6 address, and a port (RFC 3986 §3.2.2).
const hostPattern = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/**
 * Returns the problem of a request's head that Node accepts, or `undefined`. Checks the versions
 * (RFC 9112 §2.3), for one valid Host (§3.2), and transfer codings (§6.1): only chunked is
 * supported, and none for HTTP/1.0.
 */
export const findHeaderProblem = ({ headers, httpVersion, rawHeaders }: IncomingMessage): string | undefined => {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'The HTTP version must be 1.1 or 1.0.';
  const { host, 'transfer-encoding': coding } = headers;
  if (host === undefined) {
    if (httpVersion === '1.1') return 'The Host header is missing.';
  } else if (!hostPattern.test(host)) {
    return 'The Host header must be a name or an address.';
  }
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') return 'The Transfer-Encoding must be chunked.';
    if (httpVersion === '1.0') return 'HTTP/1.0 does not support Transfer-Encoding.';
  }
  return findRepeated(rawHeaders);
};

const findRepeated = (rawHeaders: readonly string[]): string | undefined => {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!lengths.has(name.length)) continue;
    const single = singles.indexOf(name.toLowerCase());
    if (single === -1) continue;
    if ((seen & (1 << single)) !== 0) return `There is more than one ${name} header.`;
    seen |= 1 << single;
  }
  return undefined;
};
