import type { Finding } from '@sluice/contract/finding.ts';
import { ownColumns, type StoredTable } from '@sluice/table/stored-table.ts';
import type { LedgerConnection } from '../connection/connection.ts';
import { lackOf, readStoredColumns } from './stored-columns.ts';

const fix = 'Run the set-up of the database. If it applies nothing, run npm run tables before';

/**
 * Checks that MySQL has the declared tables with their columns. A newer release may have added more,
 * so that is no finding. All findings are warnings, because rows wait in the queue. Throws when MySQL
 * does not answer.
 */
export const checkTables = async (
  ledger: LedgerConnection,
  tables: readonly StoredTable[],
  deadlineMs: number,
): Promise<Finding[]> => {
  const names = tables.map(({ name }) => name);
  const found = await ledger.run((connection) => readStoredColumns(connection, names), deadlineMs);
  return tables.flatMap(({ name, columns }): Finding[] => {
    const its = found.get(name);
    if (its === undefined) {
      const detail = `MySQL has no table ${name}, or the user may not use it. Its rows wait in the queue. ${fix}.`;
      return [{ code: 'table_missing', severity: 'warning', detail }];
    }
    const missing = [...ownColumns].filter((own) => !its.has(own)).map((own) => `${own} is missing`);
    const lacks = columns.flatMap((column) => {
      const lack = lackOf(column, its.get(column.name));
      return lack === undefined ? [] : [`${column.name} ${lack}`];
    });
    lacks.push(...missing);
    if (lacks.length === 0) return [];
    const detail = `The table ${name} in MySQL is not the declared one: ${lacks.join(', ')}. Rows may be refused or wait. ${fix}.`;
    return [{ code: 'table_differs', severity: 'warning', detail }];
  });
};
