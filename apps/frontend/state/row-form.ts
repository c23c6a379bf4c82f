import type { Problem } from '@sluice/contract/problem.ts';
import * as z from 'zod/mini';
import type { DeclaredTable } from '../requests/reads.ts';
import { isExact, numbersOf } from './exact-number.ts';

/** A field of the form that posts a row. */
export type Field = {
  readonly name: string;
  readonly kind: 'text' | 'long' | 'uuid' | 'time' | 'number' | 'choice' | 'json';
  /** The values of a `choice`. */
  readonly values: readonly string[];
  /** The values that the column takes, in words. */
  readonly hint: string;
  readonly isOptional: boolean;
  /** True if the JSON of a choice is its text, without quotes: `true`. */
  readonly isLiteral: boolean;
  /** The pattern of a time, which says how many digits its seconds have. */
  readonly pattern: string | undefined;
};

const fieldSchema = z.object({
  type: z.optional(z.union([z.string(), z.array(z.string())])),
  format: z.optional(z.string()),
  enum: z.optional(z.array(z.unknown())),
  const: z.optional(z.unknown()),
  maxLength: z.optional(z.number()),
  digits: z.optional(z.number()),
  scale: z.optional(z.number()),
  pattern: z.optional(z.string()),
});
type FieldSchema = z.infer<typeof fieldSchema>;

const rowSchema = z.object({ properties: z.record(z.string(), z.unknown()) });
const optionalSchema = z.object({ anyOf: z.array(z.unknown()) });

// Longer texts have several lines.
const longFrom = 256;

/** Returns the fields of the form for a table, by the JSON Schema of its rows. */
export const fieldsOf = ({ columns, schema }: DeclaredTable): readonly Field[] => {
  const properties = new Map(Object.entries(rowSchema.safeParse(schema).data?.properties ?? {}));
  return columns.map(({ name, type, optional }) => {
    const property = properties.get(name);
    // A column that may be left out may be null too.
    const [own] = (optional ? optionalSchema.safeParse(property).data?.anyOf : undefined) ?? [property];
    const found = fieldSchema.safeParse(own).data ?? {};
    const isBoolean = found.type === 'boolean';
    const values = isBoolean ? ['true', 'false'] : valuesOf(found);
    const kind = kindOf(found, type, values);
    return {
      name,
      kind,
      values,
      hint: hintOf(kind, found),
      isOptional: optional,
      isLiteral: isBoolean,
      pattern: found.pattern,
    };
  });
};

const valuesOf = ({ enum: values, const: value }: FieldSchema): readonly string[] => {
  if (values !== undefined) return values.filter((each) => typeof each === 'string');
  return typeof value === 'string' ? [value] : [];
};

const kindOf = (schema: FieldSchema, columnType: string, values: readonly string[]): Field['kind'] => {
  if (columnType === 'JSON') return 'json';
  if (values.length > 0) return 'choice';
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.format === 'uuid') return 'uuid';
  if (schema.format === 'date-time') return 'time';
  return (schema.maxLength ?? 0) >= longFrom ? 'long' : 'text';
};

const hintOf = (kind: Field['kind'], { type, format, maxLength, digits, scale }: FieldSchema): string => {
  switch (kind) {
    case 'json':
      return 'JSON';
    case 'choice':
      return '';
    case 'number':
      return type === 'integer' ? 'integer' : 'number';
    case 'uuid':
      return 'UUID';
    case 'time':
      return 'time with offset';
    default:
      if (format === 'decimal') return `decimal, ${digits} digits, ${scale} behind the point`;
      return maxLength === undefined ? 'text' : `at most ${maxLength} characters`;
  }
};

/** The text of each field that was filled in. */
export type Texts = ReadonlyMap<string, string>;
/** The faults of fields, by their names. */
export type Faults = ReadonlyMap<string, string>;

const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/**
 * Encodes a row as JSON, or returns the fields that have no JSON. Empty fields are left out. Numbers
 * stay as they were typed. The API would read them as doubles, so this refuses digits that a double
 * does not hold.
 */
export const encodeRow = (
  fields: readonly Field[],
  texts: Texts,
): { readonly row: string } | { readonly faults: Faults } => {
  const parts: string[] = [];
  const faults = new Map<string, string>();
  for (const field of fields) {
    const text = texts.get(field.name) ?? '';
    if (text === '') continue;
    const json = encodeValue(field, text);
    const inexact = json === undefined ? undefined : inexactIn(field, json);
    if (json === undefined) faults.set(field.name, `${field.name} must be JSON, for example {"a": 1} or "text".`);
    else if (inexact !== undefined) {
      faults.set(
        field.name,
        `${field.name} has a number with more digits than can be kept: ${Number(inexact)} would be recorded for ${inexact}.`,
      );
    } else parts.push(`${JSON.stringify(field.name)}:${json}`);
  }
  return faults.size > 0 ? { faults } : { row: `{${parts.join(',')}}` };
};

const encodeValue = ({ kind, isLiteral }: Field, text: string): string | undefined => {
  const typed = text.trim();
  switch (kind) {
    case 'json':
      return isJson(typed) ? typed : undefined;
    case 'number':
      // The API says what is wrong with anything else.
      return numberPattern.test(typed) ? typed : JSON.stringify(text);
    case 'choice':
      return isLiteral ? text : JSON.stringify(text);
    case 'uuid':
    case 'time':
      return JSON.stringify(typed);
    default:
      return JSON.stringify(text);
  }
};

/** Returns the first number of a value whose digits would be lost. */
const inexactIn = ({ kind }: Field, json: string): string | undefined =>
  kind === 'number' || kind === 'json' ? numbersOf(json).find((number) => !isExact(number)) : undefined;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Returns the faults of a problem by field. It is empty unless each fault belongs to a field. */
export const faultsOf = ({ errors = [] }: Problem, fields: readonly Field[]): Faults => {
  const faults = new Map<string, string>();
  for (const { pointer, detail } of errors) {
    const [root, name = '', ...rest] = pointer.split('/').map(decodePart);
    if (root !== '#' || !fields.some((field) => field.name === name)) return new Map();
    if (!faults.has(name)) faults.set(name, `${[name, ...rest].join('/')} ${detail}.`);
  }
  return faults;
};

/** Decodes one part of a JSON pointer in a URI fragment (RFC 6901 §6). */
const decodePart = (part: string): string => {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return part;
  }
};

/** Returns the time in the form that the pattern of a field asks for. */
export const timeFor = ({ pattern }: Field, now: Date): string => {
  const exact = now.toISOString();
  const forms = [exact, exact.replace(/\.\d+/, ''), exact.replace(/:\d\d\.\d+/, '')];
  return forms.find((form) => pattern !== undefined && isMatch(pattern, form)) ?? exact;
};

const isMatch = (pattern: string, text: string): boolean => {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return false;
  }
};
