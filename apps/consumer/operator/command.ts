import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import type { StoredTable } from '@sluice/table/stored-table.ts';
import type { Partition } from '@sluice/queue/partition.ts';

/** The queue of a declared table. */
export type TableQueue = StoredTable & { readonly partitions: readonly Partition[] };

/** The queue that a command operates on. */
export type OperatedQueue = {
  readonly connection: RedisConnection;
  readonly name: string;
  /** The partitions of counts. */
  readonly partitions: readonly Partition[];
  /** The queues of the declared tables, each with partitions of its own. */
  readonly tables: readonly TableQueue[];
  /** The names of tables that were declared before. */
  readonly undeclared: readonly string[];
};

/** Returns the partitions of a table, or those of counts and of all tables. */
export const partitionsIn = ({ partitions, tables }: OperatedQueue, table?: TableQueue): readonly Partition[] =>
  table?.partitions ?? [...partitions, ...tables.flatMap((each) => each.partitions)];

/** The output of a command, one line at a time. Control characters are escaped. */
export type Terminal = { readonly say: (line: string) => void; readonly warn: (line: string) => void };

/** The error of an unknown command. Its message lists the valid ones. */
export class CommandError extends Error {
  readonly code = 'COMMAND_UNKNOWN';
}

/** The error of a name that is no declared table. */
export class TableNameError extends Error {
  readonly code = 'TABLE_UNKNOWN';
}

/** Returns the queue of the table that `--table` names. Throws a {@link TableNameError}. */
export const findTable = (
  { tables }: Pick<OperatedQueue, 'tables'>,
  name: string | undefined,
): TableQueue | undefined => {
  if (name === undefined) return undefined;
  const table = tables.find((candidate) => candidate.name === name);
  if (table !== undefined) return table;
  const declared =
    tables.length === 0 ? 'No table is declared' : `Declared: ${tables.map((each) => each.name).join(', ')}`;
  throw new TableNameError(`${name} is no declared table. ${declared}.`);
};

const actionsOf: Readonly<Record<string, readonly string[]>> = {
  'dead-letters': ['list', 'show', 'replay', 'drop', 'move'],
  consumers: ['pause', 'resume', 'status', 'adopt'],
  verify: [],
};
const namedActions = new Set(['show', 'replay', 'drop', 'move']);
const actionsOfTables = new Set(['list', 'replay', 'drop', 'pause', 'resume', 'status']);

/**
 * Throws a {@link CommandError} unless `words` are a valid command without extra words. `table`: the
 * value of `--table`.
 */
export const checkCommand = (
  [command = '', action, name, ...more]: readonly string[],
  table?: string | boolean,
): void => {
  const actions = actionsOf[command];
  const isKnown = actions?.length === 0 ? action === undefined : action !== undefined && actions?.includes(action);
  if (isKnown !== true || more.length > 0 || (name !== undefined && !namedActions.has(action ?? ''))) {
    throw new CommandError(usage);
  }
  const takesTable = actionsOfTables.has(action ?? '');
  if (table !== undefined && (typeof table !== 'string' || !takesTable)) throw new CommandError(usage);
};

/** The help text of the operator's commands. */
export const usage = `Usage:
  npm run dead-letters -- list [--after NAME]     entries that could not be recorded, 100 at a time
  npm run dead-letters -- show NAME               one of them, with its fields
  npm run dead-letters -- replay NAME | --all     puts them back into the queue, under their batch ids
  npm run dead-letters -- drop NAME | --all       removes them permanently
  npm run dead-letters -- move NAME               moves an entry that cannot be recorded to the dead letters
  npm run consumers -- pause | resume | status    pauses or resumes the consumers, or shows their state; the queue still takes counts
  npm run consumers -- adopt                      gives the queue to the database of DB_HOST and DB_NAME
  npm run verify                                  compares the totals of the database with its rows
With --table NAME, pause, resume, status, list, replay and drop apply to the rows of one table.`;
