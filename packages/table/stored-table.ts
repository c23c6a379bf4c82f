import { sqlTypeOf } from './column-type.ts';
import type { Table } from './table.ts';

/** A column as MySQL has it. */
export type StoredColumn = {
  readonly name: string;
  /** Its type as in CREATE TABLE, `VARCHAR(200)`. */
  readonly sqlType: string;
  /** True if it may be NULL. */
  readonly isOptional: boolean;
};

/** The columns that every table has, before and behind the declared ones. */
export const ownColumns: ReadonlySet<string> = new Set(['id', 'recorded_at']);

/** A table as MySQL has it, without `id` and `recorded_at`. */
export type StoredTable = { readonly name: string; readonly columns: readonly StoredColumn[] };

/** Returns the table that MySQL needs for a declaration. */
export const storedTableOf = ({ name, columns }: Table): StoredTable => ({
  name,
  columns: columns.map((column) => ({
    name: column.name,
    sqlType: sqlTypeOf(column.type),
    isOptional: column.isOptional,
  })),
});

/** Formats a column as in CREATE TABLE and ALTER TABLE. */
export const columnSqlOf = ({ name, sqlType, isOptional }: StoredColumn): string =>
  `\`${name}\` ${sqlType} ${isOptional ? 'NULL' : 'NOT NULL'}`;
