import { readFileSync } from 'node:fs';
import type * as z from 'zod';

/** The environment does not give what the process needs. The message names every fault, and no value: one may be a secret. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';
}

/** Of a schema: what its variables are called. */
export type Variables = { readonly shape: object };

/**
 * Reads a configuration from an environment. An empty variable counts as unset. Each may be given as a file too: with `NAME_FILE`, `NAME` is what is in
 * that file, without the line's end. Throws a {@link ConfigError} with all faults.
 */
export const readConfig = <Schema extends z.ZodType & Variables>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const files = Object.keys(schema.shape).flatMap((name) => readFileOf(name, given));
  const ofFiles = files.flatMap(({ name, text }) => (text === undefined ? [] : [[name, text] as const]));
  const result = schema.safeParse({ ...given, ...Object.fromEntries(ofFiles) });
  const faulty = new Set(files.flatMap(({ name, fault }) => (fault === undefined ? [] : [name])));
  // What is said of a variable whose file is at fault already would only repeat it.
  const issues = result.error?.issues.filter(({ path }) => !faulty.has(String(path[0]))) ?? [];
  const faults = [
    ...files.flatMap(({ name, fault }) => (fault === undefined ? [] : [`  ${name}_FILE: ${fault}`])),
    ...issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`),
  ];
  if (result.success && faults.length === 0) return result.data;
  throw new ConfigError(`The environment is at fault:\n${faults.join('\n')}`);
};

type FileOfVariable = { readonly name: string; readonly text?: string; readonly fault?: string };

const readFileOf = (name: string, given: Readonly<Record<string, string | undefined>>): FileOfVariable[] => {
  const path = given[`${name}_FILE`];
  if (path === undefined) return [];
  if (given[name] !== undefined) return [{ name, fault: `must not be set beside ${name}` }];
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return [text === '' ? { name, fault: 'must name a file that is not empty' } : { name, text }];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
    return [{ name, fault: `must name a file that can be read (${code})` }];
  }
};

/** {@link readConfig} from the environment of `process`. Faults are written to standard error, and the process ends with 1. */
export const readConfigOrExit = <Schema extends z.ZodType & Variables>(
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
