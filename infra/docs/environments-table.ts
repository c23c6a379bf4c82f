import * as z from 'zod';
import { environmentSchema, type Environment } from '../environment.ts';

type Row = { readonly path: string; readonly meaning: string };

/**
 * Formats the environments next to each other as a Markdown table: a row for each value, with its
 * meaning.
 */
export const environmentsTable = (environments: readonly Environment[]): string => {
  const rows = [...new Map(rowsOf(environmentSchema, []).map((row) => [row.path, row])).values()];
  return [
    ['value', ...environments.map(({ name }) => name), 'what it is'],
    ['---', ...environments.map(() => '---'), '---'],
    ...rows.map(({ path, meaning }) =>
      [`\`${path}\``].concat(
        environments.map((environment) => say(valueAt(environment, path))),
        meaning,
      ),
    ),
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
};

/**
 * Returns the leaves of a schema. For a discriminated union, it returns the leaves of all its
 * options.
 */
const rowsOf = (schema: unknown, path: readonly string[]): Row[] => {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (inner instanceof z.ZodObject)
    return Object.entries(inner.shape).flatMap(([name, part]) => rowsOf(part, [...path, name]));
  if (inner instanceof z.ZodDiscriminatedUnion) {
    // The first occurrence of a name has its meaning.
    return inner.options.flatMap((part) => rowsOf(part, path)).filter(({ meaning }) => meaning !== '');
  }
  return [{ path: path.join('.'), meaning: (inner instanceof z.ZodType ? inner.description : undefined) ?? '' }];
};

const valueAt = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (part, name) => (typeof part === 'object' && part !== null ? Reflect.get(part, name) : undefined),
      value,
    );

const say = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return value.toLocaleString('en');
  return Array.isArray(value) ? value.join(', ') : '–';
};
