import { setTimeout as pause } from 'node:timers/promises';

const withinMs = 60_000;
const againAfterMs = 200;

/**
 * Repeats work until it succeeds, and returns its result. Throws its last error after 60 s: on a busy
 * machine, or next to other faults, a server may miss the deadline of a question.
 */
export const untilDone = async <T>(work: () => Promise<T>): Promise<T> => {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
    }
    await pause(againAfterMs);
  }
};
