import type { IncomingMessage } from 'node:http';

/** What is wrong with a request's headers that Node lets pass, or nothing. RFC 9112 §3.2 (one Host) and §6.1 (no coding but chunked is known here). */
export const findHeaderFault = ({ headers, httpVersion, rawHeaders }: IncomingMessage): string | undefined => {
  if (headers.host === undefined && httpVersion === '1.1') return 'The Host header is missing.';
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return 'The only Transfer-Encoding that is taken is chunked.';
  }
  // Node keeps the first of several and drops the others; whoever passed them on may have looked at another.
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1 ? 'There is more than one Host header.' : undefined;
};
