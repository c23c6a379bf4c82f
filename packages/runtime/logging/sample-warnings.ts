import type { Logger } from './logger.ts';

/** Logs a warning. */
export type Warn = (fields: { readonly err: unknown }, message: string) => void;

const everyMs = 1_000;

/**
 * Makes a log of warnings that strangers can cause: each message is written at most once a second, and
 * `suppressed` says how many were left out since the last one.
 */
export const sampleWarnings = (logger: Pick<Logger, 'warn'>): Warn => {
  const seen = new Map<string, { lastAt: number; suppressed: number }>();
  return (fields, message) => {
    const now = performance.now();
    const before = seen.get(message);
    if (before !== undefined && now - before.lastAt < everyMs) {
      before.suppressed += 1;
      return;
    }
    seen.set(message, { lastAt: now, suppressed: 0 });
    const suppressed = before?.suppressed ?? 0;
    logger.warn(suppressed === 0 ? fields : { ...fields, suppressed }, message);
  };
};
