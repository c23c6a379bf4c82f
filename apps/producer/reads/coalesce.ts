import { setImmediate as turn } from 'node:timers/promises';

/**
 * Coalesces concurrent calls of `read` (single flight). Requests of one turn of the event loop
 * share a call, and so do requests that arrive during another call. A request joins the next call
 * to start, never one in progress, so its answer is never older than the request. It waits for at
 * most two calls, so `read` must have a deadline.
 */
export const coalesce = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;

  const start = () => {
    next = undefined;
    const reading = read();
    running = reading.catch(() => undefined);
    return reading;
  };

  return () => {
    next ??= Promise.all([running, turn()]).then(start);
    return next;
  };
};
