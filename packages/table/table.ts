import type { ColumnType } from './column-type.ts';
import type { JsonSchema } from './json-schema.ts';

/** A column of a {@link Table}. */
export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  /** True if rows may leave it out. It is then NULL. */
  readonly isOptional: boolean;
  /** The schema of its values, without null. */
  readonly schema: JsonSchema;
};

/** A declared table that passed every check. */
export type Table = {
  readonly name: string;
  /**
   * The columns in the order of the declaration, without `id` and `recorded_at`, which every table
   * has.
   */
  readonly columns: readonly Column[];
};

/** Returns the JSON Schema of a row, as clients send it. */
export const rowSchemaOf = ({ columns }: Table): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(
    columns.map(({ name, schema, isOptional }) => [name, isOptional ? { anyOf: [schema, { type: 'null' }] } : schema]),
  ),
  required: columns.filter(({ isOptional }) => !isOptional).map(({ name }) => name),
  additionalProperties: false,
});
