import { createRowCheck } from '@sluice/table/check-row.ts';
import type { Declaration } from '@sluice/table/define-table.ts';
import { readTables } from '@sluice/table/read-tables.ts';
import type { Table } from '@sluice/table/table.ts';

/** The tables of a measurement, and the file that declares them (`TABLES_FILE`). */
export type BenchTables = { readonly file: string; readonly tables: readonly Table[] };

/**
 * Reads the tables that `file` declares. The file itself does not: services load it, and their
 * memory is measured.
 */
export const benchTablesOf = (file: string, tables: readonly Declaration[]): BenchTables => ({
  file,
  tables: readTables(tables),
});

/**
 * Returns the source of the rows of a table as the queue holds them: `length` rows from number
 * `from` on, of which `rowOf` makes each.
 */
export const createRowSource = (table: Table, rowOf: (number: number) => unknown) => {
  const check = createRowCheck(table);
  return (from: number, length: number): string[] =>
    Array.from({ length }, (_, index) => {
      const checked = check(rowOf(from + index));
      if ('faults' in checked) throw new Error(`A row is invalid: ${JSON.stringify(checked.faults)}`);
      return checked.row;
    });
};
