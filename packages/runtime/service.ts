import type * as z from 'zod';
import { readConfigOrExit, type Variables } from './config/config.ts';
import { giveMemoryBack } from './give-memory-back.ts';
import { failureOf } from './logging/failure-of.ts';
import { logConsole } from './logging/log-console.ts';
import { createLogger, type Logger } from './logging/logger.ts';

/** A running service. */
export type RunningService = {
  /** Stops it: it accepts no new work and finishes the work in flight. Called once. */
  readonly stop: () => Promise<void>;
};

type ServiceSettings<Schema extends z.ZodType<{ LOG_LEVEL: string }> & Variables> = {
  readonly name: string;
  readonly schema: Schema;
  readonly start: (config: z.output<Schema>, logger: Logger) => Promise<RunningService>;
};

// The platform is promised an exit within 10 s, even on a busy machine.
const stopWithinMs = 8_000;

/**
 * Runs a service from its environment to its end. It exits with 0 after SIGTERM or SIGINT. It exits
 * with 1 if its environment is invalid, its start fails, or an error is not handled. Work
 * unfinished 8 s after the signal stays unacknowledged: clients and consumers send it again.
 */
export const runService = async <Schema extends z.ZodType<{ LOG_LEVEL: string }> & Variables>(
  process: NodeJS.Process,
  { name, schema, start }: ServiceSettings<Schema>,
): Promise<void> => {
  const config = readConfigOrExit(process, name, schema);
  const logger = createLogger(name, config.LOG_LEVEL);
  logConsole(process, logger);

  const fail = (error: unknown, message: string) => {
    logger.fatal(failureOf(error), message);
    process.exit(1);
  };
  process.once('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });

  giveMemoryBack(process);
  const starting = start(config, logger);

  const stop = async (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.warn('graceful shutdown timed out; leaving unfinished work unacknowledged');
      process.exit(0);
    }, stopWithinMs).unref();
    try {
      const service = await starting;
      await service.stop();
    } catch (error) {
      fail(error, 'could not stop');
    }
    logger.info('stopped');
    process.exit(0);
  };
  process.once('SIGTERM', (signal) => void stop(signal));
  process.once('SIGINT', (signal) => void stop(signal));

  try {
    await starting;
  } catch (error) {
    fail(error, 'could not start');
  }
  logger.info('started');
};
