import * as z from 'zod';
import { maxScale } from './column-type.ts';
import type { JsonSchema } from './json-schema.ts';

/** The schema of a column's values and whether rows may leave it out, or what is wrong with it. */
export type ColumnSchema = { readonly schema: JsonSchema; readonly isOptional: boolean } | { readonly reason: string };

/**
 * Converts the schema of a column to JSON Schema, by which rows are checked. A part that JSON
 * Schema cannot express would be ignored silently, so it is refused with its reason.
 */
export const columnSchemaOf = (field: unknown): ColumnSchema => {
  if (!(field instanceof z.ZodType)) return { reason: 'is no schema of zod; write for example z.int()' };
  const { inner, isOptional } = unwrap(field);
  const reasons: string[] = [];
  let converted: JsonSchema;
  try {
    const { $schema: _dialect, ...rest } = z.toJSONSchema(inner, {
      target: 'draft-2020-12',
      io: 'input',
      unrepresentable: 'throw',
      override: ({ zodSchema, jsonSchema }) => {
        const reason =
          lossOf(zodSchema) ??
          lossOfFormat(jsonSchema) ??
          faultOfId(jsonSchema) ??
          faultOfLimits(jsonSchema) ??
          faultOfSteps(zodSchema);
        if (reason !== undefined) reasons.push(reason);
        if (!isAnyJson(zodSchema)) return;
        for (const name of Object.keys(jsonSchema))
          if (name !== 'description') Reflect.deleteProperty(jsonSchema, name);
      },
    });
    converted = withoutDefinitions(rest);
  } catch (error) {
    return { reason: reasonOf(messageOf(error)) };
  }
  const reason = reasons[0] ?? faultOfReference(converted) ?? faultOfText(inner, converted);
  return reason === undefined ? { schema: converted, isOptional } : { reason };
};

/** Removes `.optional()`, `.nullable()`, `.nullish()` and `.readonly()` around a schema. */
const unwrap = (field: z.ZodType): { readonly inner: z.ZodType; readonly isOptional: boolean } => {
  let inner = field;
  let isOptional = false;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable || inner instanceof z.ZodReadonly) {
    const wrapped: unknown = inner.unwrap();
    if (!(wrapped instanceof z.ZodType)) break;
    isOptional ||= !(inner instanceof z.ZodReadonly);
    inner = wrapped;
  }
  return { inner, isOptional };
};

/** Returns what JSON Schema would not keep of a schema, or undefined. */
const lossOf = (schema: z.core.$ZodType): string | undefined => {
  const def = definitionOf(schema);
  const checks = new Set((def.checks ?? []).map((check) => definitionOf(check).check));
  if (checks.has('custom')) return 'has a check of its own (.refine); write it as a CHECK of the table in MySQL';
  if (checks.has('overwrite')) {
    return 'changes its values (such as .trim), and values are recorded as they are sent; remove it, and change values before you send them';
  }
  if ('coerce' in def && def.coerce === true) return 'coerces its values; write the type that clients send';
  if (hasPatternFlags(schema))
    return 'has a pattern with flags, which JSON Schema does not have; write the pattern without';
  switch (def.type) {
    case 'transform':
    case 'pipe':
    case 'catch':
      return 'changes its values (such as .transform), and values are recorded as they are sent; declare the type that clients send, for example z.boolean()';
    case 'default':
    case 'prefault':
      return 'has a default; write .optional(), and send the value';
    case 'lazy':
      return isAnyJson(schema) ? undefined : 'is lazy; write z.json()';
    default:
      return undefined;
  }
};

// The formats that ajv checks without a pattern.
const checkedFormats = new Set([
  'uri',
  'uuid',
  'email',
  'date',
  'time',
  'date-time',
  'duration',
  'ipv4',
  'ipv6',
  'hostname',
]);

const lossOfFormat = ({ format, pattern }: z.core.JSONSchema.BaseSchema): string | undefined =>
  format !== undefined && pattern === undefined && !checkedFormats.has(format)
    ? `has the format ${format}, which only code of its own checks; write a pattern with .regex`
    : undefined;

/** Returns the reason that no value is within the limits of a schema, if that is so. */
const faultOfLimits = (schema: z.core.JSONSchema.BaseSchema): string | undefined => {
  const reason = 'has a minimum above its maximum, so that no value passes; correct them';
  const { minLength = 0, maxLength = Infinity, minItems = 0, maxItems = Infinity } = schema;
  if (minLength > maxLength || minItems > maxItems) return reason;
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum } = schema;
  const above = Number(exclusiveMinimum ?? -Infinity);
  const below = Number(exclusiveMaximum ?? Infinity);
  if (schema.type === 'integer') {
    const lowest = Math.max(Math.ceil(minimum), Math.floor(above) + 1);
    return lowest > Math.min(Math.floor(maximum), Math.ceil(below) - 1) ? reason : undefined;
  }
  return minimum > maximum || minimum >= below || above >= Math.min(maximum, below) ? reason : undefined;
};

/**
 * Returns the reason that the steps of numbers cannot be checked. A double is no exact multiple of
 * 0.01, and a tolerance would accept values that are none, so only steps that doubles have exactly
 * are allowed: integers, halves, quarters and so on.
 */
const faultOfSteps = (schema: z.core.$ZodType): string | undefined => {
  for (const { _zod: check } of definitionOf(schema).checks ?? []) {
    const step = 'value' in check.def && check.def.check === 'multiple_of' ? Number(check.def.value) : 1;
    if (Number.isInteger(step * 1024)) continue;
    let scale = 1;
    while (Number(step.toFixed(scale)) !== step && scale < maxScale) scale += 1;
    return `has steps of ${step}, which doubles do not have exactly; write decimal(digits, ${scale}) in place of .multipleOf`;
  }
  return undefined;
};

/** An id makes the schema one that others refer to, and a column has its schema to itself. */
const faultOfId = ({ id }: z.core.JSONSchema.BaseSchema): string | undefined =>
  id === undefined ? undefined : `has an id (${JSON.stringify(id)}); remove it from .meta()`;

/** A reference is text. The member of an object with its name has a schema. */
const faultOfReference = (schema: JsonSchema): string | undefined => {
  let reason: string | undefined;
  JSON.stringify(schema, (name, value: unknown) => {
    if (name !== '$ref') return value;
    reason ??=
      typeof value === 'string'
        ? 'refers to itself or to another schema; write z.json()'
        : 'has a member $ref, which is a reference in JSON Schema; write z.json()';
    return value;
  });
  return reason;
};

/** Returns the reason that text cannot be a column, if neither a limit nor z.json() would be right. */
const faultOfText = (schema: z.core.$ZodType, { format }: JsonSchema): string | undefined => {
  const def = definitionOf(schema);
  if (def.type === 'template_literal') {
    return 'is a template literal, which has no limit; write z.string().max(n) with a pattern (.regex)';
  }
  const isTime = 'format' in def && def.format === 'datetime';
  return isTime && format !== 'date-time'
    ? 'is a time without an offset or without seconds; write z.iso.datetime({ precision: 3, offset: true })'
    : undefined;
};

const hasPatternFlags = (schema: z.core.$ZodType): boolean => {
  const def = definitionOf(schema);
  return [def, ...(def.checks ?? []).map(definitionOf)].some(
    (part) => 'pattern' in part && part.pattern instanceof RegExp && part.pattern.flags.replace('u', '') !== '',
  );
};

/** Returns how a schema or a check was made. The field is part of zod's interface for libraries. */
const definitionOf = <Definition>({ _zod: { def } }: { readonly _zod: { readonly def: Definition } }): Definition =>
  def;

const kindsOfJson = 'string,number,boolean,null,array,record';

/** True for `z.json()`, `z.any()` and `z.unknown()`. */
const isAnyJson = (schema: z.core.$ZodType): boolean => {
  if (schema instanceof z.ZodAny || schema instanceof z.ZodUnknown) return true;
  if (!(schema instanceof z.ZodLazy)) return false;
  const inner: unknown = schema.unwrap();
  if (!(inner instanceof z.ZodUnion)) return false;
  return inner.options.map((option) => definitionOf(option).type).join(',') === kindsOfJson;
};

/** Replaces what is left of references to `z.json()` by the schema that allows everything. */
const withoutDefinitions = ({ $defs, ...schema }: Record<string, unknown>): JsonSchema => {
  if ($defs === undefined || typeof $defs !== 'object' || $defs === null) return schema;
  const anything = new Set(
    Object.entries<unknown>({ ...$defs })
      .filter(([, definition]) => JSON.stringify(definition) === '{}')
      .map(([name]) => `#/$defs/${name}`),
  );
  const replaced: unknown = JSON.parse(JSON.stringify(schema), (_name, value: unknown) =>
    typeof value === 'object' && value !== null && '$ref' in value && anything.has(String(value.$ref)) ? {} : value,
  );
  return Object.fromEntries(Object.entries(replaced ?? {}));
};

// The schema to write for each kind of value that JSON does not have, by the words of zod.
const inJson: Readonly<Record<string, string>> = {
  Date: 'z.iso.datetime({ precision: 3 })',
  BigInt: 'z.int(), or decimal(digits, 0) for more digits',
  Map: 'z.record(…)',
  Set: 'z.array(…)',
};

/** Returns what to write in place of a schema that zod cannot convert, from its message. */
const reasonOf = (message: string): string => {
  const [word = ''] = message.split(' ');
  const instead = inJson[word];
  return instead === undefined
    ? `has values that JSON does not have (${message}); write a type of JSON, or z.json()`
    : `has values of the type ${word}, which JSON does not have; write ${instead}`;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
