import { isDigits, isMembers, parseJson, type Json, type Path } from './parse-json.ts';
import { formOfTime } from './times.ts';

// The tables of the tests and the documented rules of their columns (docs/guides/tables.md), written
// a second time: the oracle uses no code of the product.

/** The type of a column. */
export type Kind =
  | { readonly name: 'text'; readonly max: number }
  | { readonly name: 'enum'; readonly values: readonly string[] }
  | { readonly name: 'decimal'; readonly whole: number; readonly scale: number }
  | { readonly name: 'uuid' | 'integer' | 'number' | 'boolean' | 'time' | 'json' };

/** A column of a table. */
export type Column = { readonly name: string; readonly kind: Kind; readonly isOptional: boolean };

const required = (name: string, kind: Kind): Column => ({ name, kind, isOptional: false });
const optional = (name: string, kind: Kind): Column => ({ name, kind, isOptional: true });

/** The columns of two tables that `tests/servers/tables.ts` declares. */
export const columnsByTable: Readonly<Record<string, readonly Column[]>> = {
  page_view: [
    required('visitor', { name: 'uuid' }),
    required('path', { name: 'text', max: 200 }),
    required('duration_ms', { name: 'number' }),
    required('clicks', { name: 'integer' }),
    optional('price', { name: 'decimal', whole: 8, scale: 4 }),
    required('viewed_at', { name: 'time' }),
    optional('plan', { name: 'enum', values: ['free', 'pro'] }),
    required('is_new', { name: 'boolean' }),
    optional('properties', { name: 'json' }),
  ],
  vote: [required('choice', { name: 'text', max: 20 }), required('weight', { name: 'integer' })],
};

const maxJsonDepth = 24;
const maxNameBytes = 65_535;
// RFC 9562, with the maximum only in lower case.
const uuid =
  /^(?:[\da-fA-F]{8}-[\da-fA-F]{4}-[1-8][\da-fA-F]{3}-[89abAB][\da-fA-F]{3}-[\da-fA-F]{12}|0{8}(?:-0{4}){3}-0{12}|f{8}(?:-f{4}){3}-f{12})$/;

/**
 * Returns a text that is the same for values that MySQL records as the same, or `undefined` when the
 * column does not take the value. The value is not null.
 */
export const formOf = (kind: Kind, value: Json): string | undefined => {
  switch (kind.name) {
    case 'boolean':
      return value === true ? '1' : value === false ? '0' : undefined;
    case 'integer':
      return isDigits(value) && Number.isSafeInteger(Number(value.digits)) ? formOfNumber(value) : undefined;
    case 'number':
      return isDigits(value) && Number.isFinite(Number(value.digits)) ? formOfNumber(value) : undefined;
    case 'json':
      return faultsOfJson(value, maxJsonDepth).length === 0 ? JSON.stringify(formOfJson(value)) : undefined;
    default:
      return typeof value === 'string' && isWellFormed(value) ? formOfText(kind, value) : undefined;
  }
};

/** Returns the places in a value that a column does not take, one of which an answer names. */
export const faultsOf = (kind: Kind, value: Json): readonly Path[] =>
  kind.name === 'json' && value !== null ? faultsOfJson(value, maxJsonDepth) : [[]];

const formOfText = (kind: Kind, value: string): string | undefined => {
  switch (kind.name) {
    case 'text':
      return Array.from(value).length <= kind.max ? JSON.stringify(value) : undefined;
    case 'enum':
      return kind.values.includes(value) ? JSON.stringify(value) : undefined;
    case 'decimal':
      return formOfDecimal(kind, value);
    case 'time':
      return formOfTime(value);
    default:
      return uuid.test(value) ? JSON.stringify(value) : undefined;
  }
};

const kindsOfText = new Set(['text', 'enum', 'uuid', 'decimal', 'time']);

/** Returns the form of a recorded value, which MySQL gave as the text that a client would send. */
export const formOfRecorded = (kind: Kind, text: string): string => {
  const parsed = kindsOfText.has(kind.name) ? { value: text } : parseJson(text);
  const form = typeof parsed === 'object' ? formOf(kind, parsed.value) : undefined;
  return form ?? `no ${kind.name}: ${text}`;
};

// JSON has no other numbers than those of a double, and no -0.
const formOfNumber = ({ digits }: { readonly digits: string }): string => JSON.stringify(Number(digits));

const formOfDecimal = ({ whole, scale }: { readonly whole: number; readonly scale: number }, value: string) => {
  const [all, sign = '', before = '', behind = ''] = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/.exec(value) ?? [];
  if (all === undefined || before.length > whole || behind.length > scale) return undefined;
  const digits = `${before}.${behind.padEnd(scale, '0')}`;
  return JSON.stringify(/[1-9]/.test(digits) ? sign + digits : digits);
};

const isWellFormed = (value: string): boolean => !/\p{Surrogate}/u.test(value);

const isName = (name: string): boolean => isWellFormed(name) && Buffer.byteLength(name) <= maxNameBytes;

/** Returns the places in a JSON value that MySQL and MariaDB do not both read as they were sent. */
const faultsOfJson = (value: Json, depth: number): readonly Path[] => {
  if (typeof value === 'string') return isWellFormed(value) ? [] : [[]];
  if (isDigits(value)) {
    const number = Number(value.digits);
    return Number.isFinite(number) && (Number.isSafeInteger(number) || !Number.isInteger(number)) ? [] : [[]];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (depth === 0) return [[]];
  const members = isMembers(value)
    ? [...value]
    : [...value].map((item, index): [string, Json] => [String(index), item]);
  const inner = members.flatMap(([name, item]) => faultsOfJson(item, depth - 1).map((path) => [name].concat(path)));
  return members.every(([name]) => isName(name)) ? inner : [[], ...inner];
};

/** Formats a JSON value with its members in an order of their own, since MySQL does not keep theirs. */
const formOfJson = (value: Json): string => {
  if (isDigits(value)) return formOfNumber(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (!isMembers(value)) return `[${[...value].map(formOfJson).join(',')}]`;
  const members = [...value].map(([name, item]) => `${JSON.stringify(name)}:${formOfJson(item)}`);
  return `{${members.toSorted().join(',')}}`;
};
