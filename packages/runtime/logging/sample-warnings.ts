import type { Logger } from './logger.ts';

/** Logs a warning. */
export type Warn = (fields: { readonly err: unknown }, message: string) => void;

const everyMs = 1_000;

/**
 * Creates a log for warnings that any client can cause. It writes each message at most once a
 * second. `suppressed` is the number of warnings left out since the last one.
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
