import type * as z from 'zod';
import { readConfigOrExit, type Variables } from './config/config.ts';
import { failureOf } from './logging/failure-of.ts';
import { createLogger, type Logger } from './logging/logger.ts';

type CommandSettings<Schema extends z.ZodType<{ LOG_LEVEL: string }> & Variables> = {
  readonly name: string;
  readonly schema: Schema;
  readonly run: (config: z.output<Schema>, logger: Logger) => Promise<void>;
};

/**
 * Runs a command from its environment to its end. It exits with 0 when `run` is done, and with 1
 * when `run` or the environment fails.
 */
export const runCommand = async <Schema extends z.ZodType<{ LOG_LEVEL: string }> & Variables>(
  process: NodeJS.Process,
  { name, schema, run }: CommandSettings<Schema>,
): Promise<void> => {
  const config = readConfigOrExit(process, name, schema);
  const logger = createLogger(name, config.LOG_LEVEL);
  try {
    await run(config, logger);
  } catch (error) {
    logger.fatal(failureOf(error), 'failed');
    process.exitCode = 1;
  }
};
