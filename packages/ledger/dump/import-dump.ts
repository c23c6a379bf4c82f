import type { Connection, RowDataPacket } from 'mysql2/promise';
import { openDump } from './open-dump.ts';
import { readDump, type DumpedRow } from './read-dump.ts';
import { withoutSql, type DatabaseSettings } from '../connection/server.ts';
import { inSession } from '../connection/session.ts';
import { DumpError } from './split-statements.ts';

/** The ledger could not take a dump. Nothing was imported. */
export class ImportError extends Error {
  readonly code: 'IMPORT_DUPLICATE_ID' | 'IMPORT_CHANGED' | 'IMPORT_BUSY';

  constructor(code: ImportError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

type ImportSettings = {
  /** True to give the rows new ids above all others, in the same order. */
  readonly takesNewIds: boolean;
  /** Called with the number of rows imported so far and the number of rows in the dump. */
  readonly onProgress: (rows: number, ofRows: number) => void;
};

/** The outcome of an import. */
export type Imported = {
  /**
   * The number of imported rows. 0 if the same file was imported before, or if its table is empty.
   */
  readonly rows: number;
  /** The number of rows in the ledger after the import. */
  readonly total: number;
  /** True if the same file was imported before. */
  readonly wasKnown: boolean;
  /** The other tables that the dump has rows of. The import skips them. */
  readonly otherTables: readonly string[];
};

const duplicateEntry = 1062;
const lockWaitTimeout = 1205;
const deadlock = 1213;
// Longer than the time limit of a consumer's transaction.
const lockWaitSeconds = 60;

/**
 * Imports the rows of `count` from the dump `file`: all or none, and each file only once, by its
 * checksum. {@link openDump} and {@link readDump} describe the supported files. The import reads
 * the file twice, so a refused dump changes nothing and blocks nobody.
 *
 * The import blocks consumers meanwhile. It first locks every row of `totals` and, by REPEATABLE
 * READ, the gaps between and after them. A consumer writes to `totals` last before it commits, so
 * no consumer can commit. Those in progress wait 5 s, roll back and retry. So the row count at the
 * end is the value that `totals` needs. Batches stay in the queue, and GETs see the state before
 * the import.
 *
 * The session takes one statement at a time. Only numbers and times of the dump get into a
 * statement.
 *
 * Throws a {@link DumpError} or an {@link ImportError}.
 */
export const importDump = async (
  settings: DatabaseSettings,
  file: string,
  options: ImportSettings,
): Promise<Imported> => {
  const { checksum, rows, otherTables } = await checkDump(file);
  return inSession(settings, async (connection) => {
    await connection.query('USE ??', [settings.database]);
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await connection.query(`SET SESSION innodb_lock_wait_timeout = ${lockWaitSeconds}`);
    await connection.query('START TRANSACTION');
    try {
      await connection.query('SELECT slot FROM totals ORDER BY slot FOR UPDATE');
      // From here on, plain reads see the state that was committed before the lock. That is
      // everything.
      const [known] = await connection.query<RowDataPacket[]>('SELECT 1 FROM imports WHERE checksum = ?', [checksum]);
      if (known.length === 0) await insertDump(connection, file, { ...options, checksum, rows });
      const total = await recomputeTotals(connection);
      await connection.query('COMMIT');
      return { rows: known.length === 0 ? rows : 0, total, wasKnown: known.length > 0, otherTables };
    } catch (error) {
      throw translate(error);
    }
  });
};

const checkDump = async (file: string) => {
  const { chunks, digest } = openDump(file);
  let rows = 0;
  let hasTable = false;
  const others = new Set<string>();
  const listener = { onTable: () => (hasTable = true), onOtherRows: (table: string) => others.add(table) };
  for await (const group of readDump(chunks, listener)) rows += group.rows.length;
  const otherTables = [...others].toSorted();
  if (rows === 0 && !hasTable) {
    const found = otherTables.length === 0 ? '' : `, only of ${otherTables.join(', ')}`;
    throw new DumpError(
      `The dump has no rows of the table count${found}. Dump that table: mysqldump --tz-utc DATABASE count > FILE`,
    );
  }
  return { checksum: digest(), rows, otherTables };
};

type Check = ImportSettings & { readonly checksum: Buffer; readonly rows: number };

const insertDump = async (connection: Connection, file: string, settings: Check): Promise<void> => {
  const { chunks, digest } = openDump(file);
  let inserted = 0;
  for await (const { rows, line } of readDump(chunks)) {
    try {
      await insertRows(connection, rows, settings.takesNewIds);
    } catch (error) {
      throw isErrno(error, duplicateEntry) ? duplicateOf(error, line) : error;
    }
    inserted += rows.length;
    settings.onProgress(inserted, settings.rows);
  }
  if (!digest().equals(settings.checksum)) {
    throw new ImportError(
      'IMPORT_CHANGED',
      'The file changed during the import; nothing was imported. Run the import again',
    );
  }
  await connection.query('INSERT INTO imports (checksum, rows_count) VALUES (?, ?)', [
    settings.checksum,
    settings.rows,
  ]);
};

/**
 * Inserts rows in groups. The rows of one group have the columns of their statement in the dump.
 */
const insertRows = async (connection: Connection, rows: readonly DumpedRow[], takesNewIds: boolean): Promise<void> => {
  const hasIds = !takesNewIds && rows[0]?.id !== undefined;
  const hasTimes = rows[0]?.recordedAt !== undefined;
  const columns = [...(hasIds ? ['id'] : []), 'count_value', ...(hasTimes ? ['recorded_at'] : [])];
  const values = rows.map(({ id, value, recordedAt }) => [
    ...(hasIds ? [id] : []),
    value,
    ...(hasTimes ? [recordedAt] : []),
  ]);
  await connection.query(`INSERT INTO \`count\` (${columns.join(', ')}) VALUES ?`, [values]);
};

/**
 * Recomputes `totals` from a plain read. INSERT … SELECT would lock the rows that it counts, and
 * wait for the locks of consumers that wait for this import.
 */
const recomputeTotals = async (connection: Connection): Promise<number> => {
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS total FROM `count`');
  const total = Number(row?.['total']);
  await connection.query('DELETE FROM totals');
  await connection.query('INSERT INTO totals (slot, rows_count) VALUES (0, ?)', [total]);
  return total;
};

const duplicateOf = (error: Error, line: number): ImportError => {
  const [, id = 'of a row'] = /entry '(\d+)'/.exec(error.message) ?? [];
  return new ImportError(
    'IMPORT_DUPLICATE_ID',
    `The id ${id} of the INSERT on line ${line} already exists in the database or earlier in the dump; nothing was imported. To give new ids to all rows, import with --new-ids`,
    { cause: withoutSql(error) },
  );
};

const translate = (error: unknown): unknown =>
  isErrno(error, lockWaitTimeout) || isErrno(error, deadlock)
    ? new ImportError('IMPORT_BUSY', 'Consumers locked the rows; nothing was imported. Run the import again', {
        cause: withoutSql(error),
      })
    : error;

const isErrno = (error: unknown, errno: number): error is Error =>
  error instanceof Error && 'errno' in error && error.errno === errno;
