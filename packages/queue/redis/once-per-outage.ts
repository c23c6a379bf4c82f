import { ConnectionTimeoutError, SocketClosedUnexpectedlyError } from '@redis/client';

const calmMs = 10_000;
const codesOfUnreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'QUEUE_TIMEOUT',
]);

/**
 * Wraps the `onError` of all connections of a process: each of them calls it for each failed
 * attempt to reconnect. The result calls it once per outage and cause. A lost connection, a refused
 * one and a timeout are the same cause. An outage is over when no connection has failed for 10 s.
 */
export const oncePerOutage = (onError: (error: unknown) => void): ((error: unknown) => void) => {
  const reported = new Set<string>();
  let failedAt = -Infinity;
  return (error) => {
    const now = performance.now();
    if (now - failedAt > calmMs) reported.clear();
    failedAt = now;
    const cause = causeOf(error);
    if (reported.has(cause)) return;
    reported.add(cause);
    onError(error);
  };
};

const causeOf = (error: unknown): string => {
  if (error instanceof SocketClosedUnexpectedlyError || error instanceof ConnectionTimeoutError) return 'unreachable';
  if (!(error instanceof Error)) return String(error);
  const cause = 'code' in error ? String(error.code) : error.message.replaceAll(/\d+/g, '0');
  return codesOfUnreachable.has(cause) ? 'unreachable' : cause;
};
