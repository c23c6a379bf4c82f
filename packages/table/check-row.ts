import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { canonicalOf } from './canonical.ts';
import type { ColumnType } from './column-type.ts';
import { isObject } from './is-object.ts';
import type { Column, Table } from './table.ts';

/**
 * A fault of a row. `pointer` is a JSON pointer (RFC 6901) into the row, `/duration_ms`; empty for
 * the row itself.
 */
export type RowFault = { readonly pointer: string; readonly detail: string };

/** A row as the queue holds it: the JSON text of the list of its values, or its faults. */
export type CheckedRow = { readonly row: string } | { readonly faults: readonly RowFault[] };

/** Maximum size of a row in the queue, in bytes. */
const maxRowBytes = 1_048_576;

const shownNameLength = 64;

/**
 * Creates the check of the rows of a table. It compiles the schemas of the columns once. A value
 * that servers would read differently is a fault, so that every row that passes is recorded as it
 * was sent.
 */
export const createRowCheck = (table: Table): ((value: unknown) => CheckedRow) => {
  // Verbose: errors have the schema that the value breaks.
  const ajv = new Ajv2020({ strict: false, logger: false, verbose: true });
  // The default export of a CommonJS module.
  addFormats.default(ajv);
  const columns = table.columns.map((column) => ({ ...column, validate: ajv.compile(column.schema) }));
  const names = new Set(columns.map(({ name }) => name));

  return (value) => {
    if (!isObject(value)) {
      return { faults: [{ pointer: '', detail: 'must be an object with the columns of the row' }] };
    }
    const faults: RowFault[] = [];
    let list = '';
    for (const column of columns) {
      // Not a member that every object inherits.
      const isThere = Object.hasOwn(value, column.name);
      const checked = checkValue(column, isThere ? value[column.name] : undefined, isThere);
      if (typeof checked === 'string') list += list === '' ? checked : `,${checked}`;
      else faults.push({ pointer: `/${column.name}${checked.pointer}`, detail: checked.detail });
    }
    for (const name of Object.keys(value)) {
      if (!names.has(name)) faults.push({ pointer: pointerOf(name), detail: `is no column of ${table.name}` });
    }
    if (faults.length > 0) return { faults };
    const text = `[${list}]`;
    if (text.length * 3 > maxRowBytes && Buffer.byteLength(text) > maxRowBytes) {
      return { faults: [{ pointer: '', detail: `takes more than ${maxRowBytes} bytes in the queue` }] };
    }
    return { row: text };
  };
};

type CheckedColumn = Column & { readonly validate: ReturnType<Ajv2020['compile']> };

/** Returns the canonical JSON text of a value, or its fault with a pointer into the value. */
const checkValue = (column: CheckedColumn, value: unknown, isThere: boolean): string | RowFault => {
  if (value === undefined || value === null) {
    if (column.isOptional) return 'null';
    return { pointer: '', detail: isThere ? 'must not be null' : 'is missing' };
  }
  if (!column.validate(value)) {
    const [error] = column.validate.errors ?? [];
    const isOwn = error?.instancePath === '';
    return {
      pointer: error?.instancePath ?? '',
      detail: (isOwn ? formOf(column.type, error.keyword) : undefined) ?? detailOf(error),
    };
  }
  const canonical = canonicalOf(column.type, value);
  return typeof canonical === 'string' ? canonical : { pointer: '', detail: canonical.reason };
};

/** Returns what a value of this type looks like, if its form is wrong. */
const formOf = (type: ColumnType, keyword: string): string | undefined => {
  if (type.kind === 'decimal') {
    return `must be text with a decimal number of at most ${type.digits} digits, ${type.scale} of them behind the point`;
  }
  if (keyword !== 'pattern' && keyword !== 'format') return undefined;
  if (type.kind === 'uuid') return 'must be a UUID';
  return type.kind === 'datetime' ? 'must be a time that exists, in the form 2026-11-26T05:00:00.123Z' : undefined;
};

/** Formats a member as a JSON pointer. Truncates names that clients chose. */
const pointerOf = (name: string): string =>
  `/${name.slice(0, shownNameLength).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`;

const detailOf = (error?: ErrorObject): string => {
  if (error === undefined) return 'is invalid';
  const { keyword, params, message = 'is invalid', parentSchema } = error;
  const limit = String(params['limit']);
  switch (keyword) {
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minLength':
      return `must have at least ${limit} characters`;
    case 'type':
      return `must be ${nounOf(params['type'])}`;
    case 'enum':
      return `must be one of ${listOf(params['allowedValues'])}`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`;
    case 'additionalProperties':
      return `must not have the member ${JSON.stringify(String(params['additionalProperty']).slice(0, shownNameLength).toWellFormed())}`;
    case 'format':
    case 'pattern':
      // The pattern of a format is long, and the format has a name.
      return typeof parentSchema?.['format'] === 'string' ? `must have the format ${parentSchema['format']}` : message;
    case 'minimum':
    case 'maximum':
      return message.replace('<=', 'at most').replace('>=', 'at least');
    default:
      return message;
  }
};

const listOf = (values: unknown): string =>
  Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(', ') : 'the allowed values';

const nounOf = (type: unknown): string => {
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
