import { setTimeout as pause } from 'node:timers/promises';

const askAgainAfterMs = 20;

/** Resolves when `isSo` answers true; throws when it has not within `withinMs`. */
export const waitUntil = async (isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<void> => {
  const giveUpAt = performance.now() + withinMs;
  // oxlint-disable no-await-in-loop -- asked again and again
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`It was not so within ${withinMs} ms: ${isSo.toString()}`);
    await pause(askAgainAfterMs);
  }
  // oxlint-enable no-await-in-loop
};
