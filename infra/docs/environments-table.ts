import * as z from 'zod';
import { environmentSchema, type Environment } from '../schema/environment.ts';

type Row = { readonly path: string; readonly meaning: string };

/**
 * Formats the environments next to each other as a Markdown table: a row for each value, with its
 * meaning.
 */
export const environmentsTable = (environments: readonly Environment[]): string => {
  const rows = [...new Map(rowsOf(environmentSchema, []).map((row) => [row.path, row])).values()];
  return alignTable([
    ['value', ...environments.map(({ name }) => name), 'meaning'],
    ...rows.map(({ path, meaning }) =>
      [`\`${path}\``].concat(
        environments.map((environment) => say(valueAt(environment, path))),
        meaning,
      ),
    ),
  ]);
};

/** Formats rows in columns of equal width, as oxfmt does. The first row is the header. */
const alignTable = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width));
  return [head, rule, ...body]
    .map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
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
  const described = [schema, inner].find((part) => part instanceof z.ZodType && part.description !== undefined);
  return [{ path: path.join('.'), meaning: described instanceof z.ZodType ? (described.description ?? '') : '' }];
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
