import { setTimeout as pause } from 'node:timers/promises';

const askAgainAfterMs = 20;

/** Polls `isSo` until it returns true. Throws when it has not within `withinMs`. */
export const waitUntil = async (isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<void> => {
  const giveUpAt = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`It was not so within ${withinMs} ms: ${isSo.toString()}`);
    await pause(askAgainAfterMs);
  }
};
