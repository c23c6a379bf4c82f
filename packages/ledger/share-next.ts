/**
 * Shares one call of `read` among all who ask while another is under way. Who asks joins the next call to start, never one
 * already running, so nobody gets an answer older than the question.
 */
export const shareNext = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;

  const start = () => {
    next = undefined;
    const reading = read();
    running = reading.catch(() => undefined);
    return reading;
  };

  return () => {
    next ??= running.then(start);
    return next;
  };
};
