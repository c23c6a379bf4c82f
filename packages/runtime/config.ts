import type * as z from 'zod';

/** The environment does not give what the process needs. The message names every fault, and no value: one may be a secret. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';
}

/** Reads a configuration from an environment. An empty variable counts as unset. Throws a {@link ConfigError} with all faults. */
export const readConfig = <Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  throw new ConfigError(`The environment is at fault:\n${faults.join('\n')}`);
};

/** {@link readConfig} from the environment of `process`. Faults are written to standard error, and the process ends with 1. */
export const readConfigOrExit = <Schema extends z.ZodType>(
  process: NodeJS.Process,
  name: string,
  schema: Schema,
): z.output<Schema> => {
  try {
    return readConfig(schema, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    return process.exit(1);
  }
};
