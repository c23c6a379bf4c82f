import { inspect } from 'node:util';

/** Rejects instead of work that a signal to this process interrupts. */
export type UnlessStopped = <T>(work: Promise<T>) => Promise<T>;

/**
 * Runs a command of the benchmark. At an error or a signal it says why on standard error, and the
 * process exits with 1.
 */
export const runCommand = async (command: (unlessStopped: UnlessStopped) => Promise<void>): Promise<void> => {
  const stop = Promise.withResolvers<never>();
  stop.promise.catch(() => undefined);
  let stoppedBy: NodeJS.Signals | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stoppedBy ??= signal;
      stop.reject(new Error(`Stopped by ${signal}`));
    });
  }
  try {
    await command((work) => Promise.race([work, stop.promise]));
  } catch (error) {
    const isClear = error instanceof Error && error.cause === undefined;
    // A terminal signals its whole process group, so the measured processes end too. That is not
    // their failure.
    if (stoppedBy !== undefined) console.error(`\nStopped by ${stoppedBy}`);
    else console.error(`\n${isClear ? error.message : inspect(error)}`);
    // Abandoned work may still be waiting.
    process.exit(1);
  }
};

const bornAt = performance.now();

/** Prints a line behind the seconds since the start. */
export const say = (text: string): void =>
  console.log(`${((performance.now() - bornAt) / 1000).toFixed(0).padStart(5)} s  ${text}`);

/** Returns the minutes since the start. */
export const minutesSoFar = (): string => ((performance.now() - bornAt) / 60_000).toFixed(1);
