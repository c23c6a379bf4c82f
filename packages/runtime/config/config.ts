import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { placeOf } from './place-of.ts';

/**
 * The error for an invalid environment. The message names every problem but no value: a value may
 * be a secret.
 */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';
}

/** A schema with a shape, whose keys are the names of its variables. */
export type Variables = { readonly shape: object };

/**
 * Marks a variable that must not be empty. Other empty variables count as unset. This one would
 * then silently turn off a protection when its value got lost. `problem` says how to fix it.
 */
export const neverEmpty = <Schema extends z.ZodType>(schema: Schema, problem: string): Schema =>
  schema.meta({ whenEmpty: problem });

/**
 * Reads a configuration from an environment. An empty variable counts as unset, unless it is
 * {@link neverEmpty}. Each variable may also be a file: with `NAME_FILE`, `NAME` is the content of
 * that file without the final line break. Throws a {@link ConfigError} with all problems.
 */
export const readConfig = <Schema extends z.ZodType & Variables>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const empty = Object.entries(schema.shape).flatMap(([name, field]) => findEmpty(name, field, environment));
  const files = Object.keys(schema.shape).flatMap((name) => readFileOf(name, given));
  const ofFiles = files.flatMap(({ name, text }) => (text === undefined ? [] : [[name, text] as const]));
  const result = schema.safeParse({ ...given, ...Object.fromEntries(ofFiles) });
  const faulty = new Set([
    ...empty.map(({ name }) => name),
    ...files.flatMap(({ name, problem }) => (problem === undefined ? [] : [name])),
  ]);
  // Further issues of a variable that already has a problem would only repeat it.
  const issues = result.error?.issues.filter(({ path }) => !faulty.has(String(path[0]))) ?? [];
  const problems = [
    ...empty.map(({ variable, problem }) => `  ${variable}: ${problem}`),
    ...files.flatMap(({ name, problem }) => (problem === undefined ? [] : [`  ${name}_FILE: ${problem}`])),
    ...issues.map(({ path, message }) => `  ${placeOf(path)}: ${message}`),
  ];
  if (result.success && problems.length === 0) return result.data;
  throw new ConfigError(`The environment is invalid:\n${problems.join('\n')}`);
};

type EmptyVariable = { readonly name: string; readonly variable: string; readonly problem: string };

const findEmpty = (
  name: string,
  field: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): EmptyVariable[] => {
  const problem = readWhenEmpty(field);
  if (problem === undefined) return [];
  return [name, `${name}_FILE`]
    .filter((variable) => environment[variable] === '')
    .map((variable) => ({ name, variable, problem }));
};

/** Returns the text that {@link neverEmpty} gave a schema, also through later wrappers. */
const readWhenEmpty = (field: unknown): string | undefined => {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault) return readWhenEmpty(field.unwrap());
  const problem = field instanceof z.ZodType ? field.meta()?.['whenEmpty'] : undefined;
  return typeof problem === 'string' ? problem : undefined;
};

type FileOfVariable = { readonly name: string; readonly text?: string; readonly problem?: string };

const readFileOf = (name: string, given: Readonly<Record<string, string | undefined>>): FileOfVariable[] => {
  const path = given[`${name}_FILE`];
  if (path === undefined) return [];
  if (given[name] !== undefined) return [{ name, problem: `must not be set together with ${name}` }];
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return [text === '' ? { name, problem: 'must name a file that is not empty' } : { name, text }];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
    return [{ name, problem: `must name a file that can be read (${code})` }];
  }
};

/**
 * Runs {@link readConfig} on the environment of `process`. On problems it writes them to standard
 * error and exits with 1.
 */
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
