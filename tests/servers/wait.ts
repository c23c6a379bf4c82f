import { setTimeout as pause } from 'node:timers/promises';

const askAgainAfterMs = 20;

// A busy machine takes long for anything. Only a test that promises a time sets another limit.
const longMs = 60_000;

/** Polls `isSo` until it returns true. Throws when it has not within `withinMs`. */
export const waitUntil = async (isSo: () => boolean | Promise<boolean>, withinMs = longMs): Promise<void> => {
  const giveUpAt = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`It was not so within ${withinMs} ms: ${isSo.toString()}`);
    await pause(askAgainAfterMs);
  }
};
