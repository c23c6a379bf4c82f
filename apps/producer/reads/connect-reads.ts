import { checkLedgerServer } from '@sluice/ledger/check-server.ts';
import { connectLedger } from '@sluice/ledger/connection/connection.ts';
import { readDatabaseId } from '@sluice/ledger/database-id.ts';
import { isLedgerUp } from '@sluice/ledger/ping.ts';
import { readPage } from '@sluice/ledger/read-page.ts';
import { readTotal } from '@sluice/ledger/read-total.ts';
import { checkTables } from '@sluice/ledger/rows/check-tables.ts';
import { readDeclared } from '@sluice/ledger/rows/read-declared.ts';
import { readRows, readTableTotal } from '@sluice/ledger/rows/read-rows.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import type { Table } from '@sluice/table/table.ts';
import { coalesce } from './coalesce.ts';

/** Connects the reads of the database that GETs need. Each read takes at most `withinMs`. */
export const connectReads = (
  database: Parameters<typeof connectLedger>[0],
  tables: readonly Table[],
  withinMs: number,
) => {
  const stored = tables.map(storedTableOf);
  const ledger = connectLedger(database);
  // Separate connections, so that reads of pages never delay GET /count.
  const pages = connectLedger(database);
  return {
    readTotal: coalesce(() => readTotal(ledger, withinMs)),
    isLedgerUp: coalesce(() => isLedgerUp(ledger, withinMs)),
    checkServer: async () => [
      ...(await checkLedgerServer(ledger, withinMs)),
      ...(await checkTables(ledger, stored, withinMs)),
    ],
    readDatabaseId: () => readDatabaseId(ledger, withinMs),
    readPage: (page: Parameters<typeof readPage>[1]) => readPage(pages, page, withinMs),
    readTableTotal: (table: Table) =>
      readDeclared(pages, table, () => readTableTotal(pages, table, withinMs), withinMs),
    readRows: (table: Table, page: Parameters<typeof readPage>[1]) =>
      readDeclared(pages, table, () => readRows(pages, table, page, withinMs), withinMs),
    inUse: () => ledger.inUse() + pages.inUse(),
    close: async () => {
      await Promise.all([ledger.close(), pages.close()]);
    },
  };
};
