import { setImmediate as turn } from 'node:timers/promises';

/**
 * Shares one call of `read` among all who ask in one turn of the event loop, and among all who ask while another is under way. Who asks joins the next
 * call to start, never one already running, so nobody gets an answer older than the question. They wait for two calls at most, so `read` must have
 * a deadline.
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
