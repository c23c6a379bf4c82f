import type { JsonSchema } from './json-schema.ts';

/** The type of a column, with what its SQL type depends on. */
export type ColumnType =
  | { readonly kind: 'text'; readonly maxLength: number }
  | { readonly kind: 'decimal'; readonly digits: number; readonly scale: number }
  | { readonly kind: 'integer' | 'number' | 'datetime' | 'boolean' | 'uuid' | 'json' };

/** Maximum number of characters of a text column: more do not fit into a row of MySQL. */
const maxTextLength = 16_000;
const maxDigits = 65;
/** Maximum number of digits of a DECIMAL behind the point. */
export const maxScale = 30;

type Reason = { readonly reason: string };

/** Returns the type of a column from the JSON Schema of its values, or the reason that it has none. */
export const columnTypeOf = (schema: JsonSchema): ColumnType | Reason => {
  if (Object.keys(schema).every((name) => annotations.has(name))) return { kind: 'json' };
  if (schema['format'] === 'decimal') return decimalType(schema);
  if ('not' in schema) return { reason: 'takes no value; declare the type of its values' };
  switch (schema['type']) {
    case 'null':
      return { reason: 'takes only null; declare the type of its values, with .optional()' };
    case 'string':
      return textType(schema);
    case 'integer':
      return { kind: 'integer' };
    case 'number':
      return { kind: 'number' };
    case 'boolean':
      return { kind: 'boolean' };
    case 'object':
    case 'array':
      return { kind: 'json' };
    default:
      return { reason: 'has values of several types; declare one type, with .optional() for null, or z.json()' };
  }
};

const annotations = new Set(['description', 'title', 'examples', 'deprecated']);

const decimalType = ({ digits, scale }: JsonSchema): ColumnType | Reason => {
  const isDecimal =
    Number.isInteger(digits) &&
    Number.isInteger(scale) &&
    Number(digits) >= 1 &&
    Number(digits) <= maxDigits &&
    Number(scale) >= 0 &&
    Number(scale) <= Math.min(maxScale, Number(digits));
  if (isDecimal) return { kind: 'decimal', digits: Number(digits), scale: Number(scale) };
  return {
    reason: `is no DECIMAL of MySQL; write decimal(digits, scale) with 1 to ${maxDigits} digits, and a scale of 0 to ${maxScale} that is not above them`,
  };
};

const textType = (schema: JsonSchema): ColumnType | Reason => {
  if (schema['format'] === 'uuid') return { kind: 'uuid' };
  if (schema['format'] === 'date-time') return timeType(schema);
  const values = valuesOf(schema);
  if (values !== undefined) {
    return { kind: 'text', maxLength: Math.max(1, ...values.map((value) => Array.from(value).length)) };
  }
  const { maxLength } = schema;
  if (typeof maxLength !== 'number') {
    return { reason: `is text without a limit; add .max(n) with 1 to ${maxTextLength} characters, or write z.json()` };
  }
  if (!Number.isInteger(maxLength) || maxLength < 1 || maxLength > maxTextLength) {
    return { reason: `has a limit of ${maxLength} characters; write .max(n) with 1 to ${maxTextLength}, or z.json()` };
  }
  return { kind: 'text', maxLength };
};

const times = ['2026-11-26T05:00:00.123Z', '2026-11-26T05:00:00Z'];

/** Returns an example of the times that a schema takes, or undefined if its column has none of them. */
export const exampleTimeOf = ({ pattern }: JsonSchema): string | undefined => {
  const takes = typeof pattern === 'string' ? new RegExp(pattern) : undefined;
  return takes === undefined ? times[0] : times.find((time) => takes.test(time));
};

/** A schema that takes only more digits of a second than the column has would refuse every row. */
const timeType = (schema: JsonSchema): ColumnType | Reason =>
  exampleTimeOf(schema) === undefined
    ? { reason: 'has another precision than the milliseconds of its column; write z.iso.datetime({ precision: 3 })' }
    : { kind: 'datetime' };

const valuesOf = ({ enum: values, const: value }: JsonSchema): string[] | undefined => {
  if (Array.isArray(values)) return values.map(String);
  return typeof value === 'string' ? [value] : undefined;
};

/** Returns the SQL type of a column, without NULL or NOT NULL. */
export const sqlTypeOf = (type: ColumnType): string => {
  switch (type.kind) {
    case 'text':
      return `VARCHAR(${type.maxLength})`;
    case 'decimal':
      return `DECIMAL(${type.digits}, ${type.scale})`;
    case 'integer':
      return 'BIGINT';
    case 'number':
      return 'DOUBLE';
    case 'boolean':
      return 'BOOLEAN';
    case 'datetime':
      return 'DATETIME(3)';
    case 'uuid':
      return 'CHAR(36) CHARACTER SET ascii';
    case 'json':
      return 'JSON';
  }
};

/** Returns the maximum number of bytes that a column takes of a row, as MySQL counts them. */
export const rowBytesOf = (type: ColumnType): number => {
  switch (type.kind) {
    case 'text':
      return type.maxLength * 4 + (type.maxLength * 4 > 255 ? 2 : 1);
    case 'decimal':
      return Math.ceil(type.digits / 2) + 1;
    case 'uuid':
      return 36;
    case 'json':
      return 12;
    case 'boolean':
      return 1;
    default:
      return 8;
  }
};
