import type { Finding } from '@sluice/contract/finding.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import type { Table } from '@sluice/table/table.ts';
import { LedgerTimeoutError, type LedgerConnection } from '../connection/connection.ts';
import { checkTables } from './check-tables.ts';

/** A read of a declared table failed because of that table. */
export class TableUnavailableError extends Error {
  readonly code = 'TABLE_UNAVAILABLE';
  readonly table: string;
  /** How the table differs from the declared one. Undefined if MySQL did not read it in time. */
  readonly finding: Finding | undefined;

  constructor(table: string, finding: Finding | undefined, cause: unknown) {
    super(finding?.detail ?? `MySQL did not read the table ${table} in time`, { cause });
    this.table = table;
    this.finding = finding;
  }
}

/**
 * Runs a read of a declared table. Unlike Sluice's own tables, one of a user may come after the
 * producer, and anyone may change or lock it. So if the read fails, this checks the table in the rest
 * of the deadline. Throws a {@link TableUnavailableError} if MySQL does not have it as declared, or
 * missed the deadline. Otherwise throws the error of the read.
 */
export const readDeclared = async <T>(
  ledger: LedgerConnection,
  table: Table,
  read: () => Promise<T>,
  deadlineMs: number,
): Promise<T> => {
  const startedAt = performance.now();
  try {
    return await read();
  } catch (error) {
    if (error instanceof LedgerTimeoutError) throw new TableUnavailableError(table.name, undefined, error);
    const [finding] = await findingsOf(ledger, table, deadlineMs - (performance.now() - startedAt));
    throw finding === undefined ? error : new TableUnavailableError(table.name, finding, error);
  }
};

const findingsOf = async (ledger: LedgerConnection, table: Table, withinMs: number): Promise<readonly Finding[]> => {
  try {
    return await checkTables(ledger, [storedTableOf(table)], withinMs);
  } catch {
    // The error of the read says the same.
    return [];
  }
};
