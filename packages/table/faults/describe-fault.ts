import type { ErrorObject } from 'ajv/dist/2020.js';
import { exampleTimeOf, type ColumnType } from '../column-type.ts';
import type { JsonSchema } from '../json-schema.ts';
import { pointerOf, shorten } from './pointer.ts';

/**
 * A fault of a row. `pointer` is a JSON pointer (RFC 6901) into the row, `/duration_ms`; empty for
 * the row itself.
 */
export type RowFault = { readonly pointer: string; readonly detail: string };

/** Returns the fault that ajv's errors of a value describe. `pointer` leads into the value. */
export const faultOfValue = (type: ColumnType, schema: JsonSchema, errors: readonly ErrorObject[]): RowFault => {
  const error = decisive(errors);
  if (error === undefined) return { pointer: '', detail: 'is invalid' };
  const pointer = withoutLongNames(error.instancePath);
  const detail = (pointer === '' ? formOf(type, schema, error.keyword) : undefined) ?? detailOf(error, errors);
  return { pointer, detail };
};

const isUnion = ({ keyword }: ErrorObject): boolean => keyword === 'anyOf' || keyword === 'oneOf';

/** Returns the error that says most. Behind the errors of the branches of a union is its own. */
const decisive = (errors: readonly ErrorObject[]): ErrorObject | undefined => {
  const union = errors.findLast(isUnion);
  if (union === undefined) return errors[0];
  const deeper = errors.filter((error) => !isUnion(error) && error.instancePath.length > union.instancePath.length);
  // Only one branch takes values of this type, such as the object of one that may be null.
  return deeper.length === 1 ? deeper[0] : union;
};

/** ajv's pointers have whole names, which clients chose. */
const withoutLongNames = (path: string): string =>
  path
    .split('/')
    .slice(1)
    .map((part) => pointerOf(part.replaceAll('~1', '/').replaceAll('~0', '~')))
    .join('');

/** Returns what a value of this type looks like, if its form is wrong. */
const formOf = (type: ColumnType, schema: JsonSchema, keyword: string): string | undefined => {
  if (type.kind === 'decimal') {
    return `must be text with a decimal number of at most ${type.digits} digits, ${type.scale} of them behind the point`;
  }
  if (keyword !== 'pattern' && keyword !== 'format') return undefined;
  if (type.kind === 'uuid') return 'must be a UUID';
  return type.kind === 'datetime' ? `must be a time that exists, in the form ${exampleTimeOf(schema)}` : undefined;
};

const detailOf = (error: ErrorObject, errors: readonly ErrorObject[]): string => {
  if (isUnion(error)) return detailOfUnion(error, errors);
  const rule = ruleOf(error);
  return error.propertyName === undefined ? rule : `has the name ${quote(error.propertyName)}, which ${rule}`;
};

const detailOfUnion = ({ instancePath }: ErrorObject, errors: readonly ErrorObject[]): string => {
  const branches = errors.filter((error) => !isUnion(error));
  const isOwn = branches.length > 0 && branches.every((error) => error.instancePath === instancePath);
  return isOwn
    ? [...new Set(branches.map(ruleOf))].join(' or ')
    : 'must have one of the forms that its declaration has';
};

/** Returns the rule that a value breaks, in words. */
const ruleOf = ({ keyword, params, message = 'is invalid', parentSchema }: ErrorObject): string => {
  const limit = String(params['limit']);
  switch (keyword) {
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minLength':
      return `must have at least ${limit} characters`;
    case 'maxItems':
      return `must have at most ${limit} items`;
    case 'minItems':
      return `must have at least ${limit} items`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'exclusiveMaximum':
      return `must be less than ${limit}`;
    case 'exclusiveMinimum':
      return `must be more than ${limit}`;
    case 'multipleOf':
      return `must be a multiple of ${String(params['multipleOf'])}`;
    case 'required':
      return `must have the member ${quote(params['missingProperty'])}`;
    case 'additionalProperties':
      return `must not have the member ${quote(params['additionalProperty'])}`;
    case 'type':
      return `must be ${nounOf(params['type'])}`;
    case 'enum':
      return `must be one of ${listOf(params['allowedValues'])}`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`;
    case 'format':
    case 'pattern':
      // The pattern of a format is long, and the format has a name.
      return typeof parentSchema?.['format'] === 'string'
        ? `must have the format ${parentSchema['format']}`
        : `must match the pattern ${String(params['pattern'])}`;
    case 'not':
    case 'false schema':
      return 'must not be there';
    default:
      return message;
  }
};

const quote = (name: unknown): string => JSON.stringify(shorten(String(name)));

const listOf = (values: unknown): string =>
  Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(', ') : 'the allowed values';

const nounOf = (type: unknown): string => (Array.isArray(type) ? type.map(nounOfOne).join(' or ') : nounOfOne(type));

const nounOfOne = (type: unknown): string => {
  switch (type) {
    case 'integer':
      return 'an integer within ±9007199254740991';
    case 'number':
      return 'a finite number';
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'object':
      return 'an object';
    case 'array':
      return 'a list';
    default:
      return String(type);
  }
};
