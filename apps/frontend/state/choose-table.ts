import type { EventLink } from '../requests/event-stream.ts';
import { readTables, type DeclaredTable } from '../requests/reads.ts';
import { addressWithTable, tableOfAddress } from './address.ts';
import { createTableFollower, unreadTable, type TableFollower, type TableState } from './follow-table.ts';

/** The tables, and the one that the page shows. */
export type Choice = {
  /** The declared tables. `undefined` until they are read. */
  readonly tables: readonly DeclaredTable[] | undefined;
  /** The name of the table that the address names, `undefined` for the counts. */
  readonly table: string | undefined;
  /** The state of that table. */
  readonly ofTable: TableState;
};

/** The choice before the address and the tables are read. */
export const noChoice: Choice = { tables: undefined, table: undefined, ofTable: unreadTable };

type ChoiceDependencies = {
  readonly read: () => Choice & { readonly link: EventLink; readonly token: string };
  readonly update: (change: Partial<Choice>) => void;
};

/** Creates the reader of the declared tables. It follows the table that the address names. */
export const createChoice = ({ read, update }: ChoiceDependencies) => {
  let reader: TableFollower | undefined;
  let reading: Promise<void> | undefined;

  const createReader = (table: string): TableFollower => {
    const created = createTableFollower({
      table,
      readToken: () => read().token,
      onChange: (ofTable: TableState) => {
        if (reader === created) update({ ofTable });
      },
    });
    return created;
  };

  /** Reads the table while events arrive. They stop while the page is hidden. */
  const follow = () => {
    const { link, table, tables } = read();
    const isDeclared = table !== undefined && tables?.some((declared) => declared.table === table) === true;
    if (isDeclared && link === 'live') {
      reader ??= createReader(table);
      reader.start();
    } else {
      reader?.stop();
    }
  };

  const readAgain = async () => {
    const outcome = await readTables(read().token);
    reading = undefined;
    if (outcome.kind === 'answered') update({ tables: outcome.body.tables });
    // Producers of an older release have no tables.
    else if (outcome.kind === 'refused' && outcome.problem.status === 404) update({ tables: [] });
    follow();
  };

  const readAddress = () => {
    const table = tableOfAddress(window.location.href);
    if (table === read().table) return;
    reader?.stop();
    reader = undefined;
    update({ table, ofTable: unreadTable });
    follow();
  };

  return {
    start: () => {
      readAddress();
      window.addEventListener('popstate', readAddress);
    },
    choose: (table: string | undefined) => {
      window.history.pushState(null, '', addressWithTable(window.location.href, table));
      readAddress();
    },
    readTables: () => (reading ??= readAgain()),
    follow,
    reader: () => reader,
  };
};
