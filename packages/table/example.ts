import { createRowCheck } from './check-row.ts';
import { exampleTimeOf } from './column-type.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Column, Table } from './table.ts';

/**
 * Returns an example of a row, or undefined if none of the values that it tries passes the check of
 * the table. A column gives its own with `.meta({ examples: [value] })`.
 */
export const exampleOf = (table: Table): JsonSchema | undefined => {
  const row = Object.fromEntries(table.columns.map((column) => [column.name, valueOf(column)]));
  const check = createRowCheck(table);
  if ('row' in check(row)) return row;
  const required = new Set(table.columns.filter(({ isOptional }) => !isOptional).map(({ name }) => name));
  const shorter = Object.fromEntries(Object.entries(row).filter(([name]) => required.has(name)));
  return 'row' in check(shorter) ? shorter : undefined;
};

const valueOf = ({ type, schema }: Column): unknown => {
  const { examples, enum: values, const: value, minimum } = schema;
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  if (value !== undefined) return value;
  if (Array.isArray(values)) return values[0];
  switch (type.kind) {
    case 'text':
      return 'text'.slice(0, type.maxLength);
    case 'integer':
    case 'number':
      return typeof minimum === 'number' && minimum > 1 ? minimum : 1;
    case 'decimal':
      return type.digits === type.scale ? '0' : '1';
    case 'boolean':
      return true;
    case 'uuid':
      return '0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47';
    case 'datetime':
      return exampleTimeOf(schema);
    case 'json':
      return schema['type'] === 'array' ? [] : {};
  }
};
