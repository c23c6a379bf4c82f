import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { canonicalOf } from './canonical.ts';
import { faultOfValue, type RowFault } from './faults/describe-fault.ts';
import { isObject } from './is-object.ts';
import { pointerOf } from './faults/pointer.ts';
import type { Column, Table } from './table.ts';

/** A row as the queue holds it: the JSON text of the list of its values, or its faults. */
export type CheckedRow = { readonly row: string } | { readonly faults: readonly RowFault[] };

/** Maximum size of a row in the queue, in bytes. */
const maxRowBytes = 1_048_576;

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
  if (!column.validate(value)) return faultOfValue(column.type, column.schema, column.validate.errors ?? []);
  const canonical = canonicalOf(column.type, value);
  return typeof canonical === 'string' ? canonical : { pointer: canonical.pointer ?? '', detail: canonical.reason };
};
