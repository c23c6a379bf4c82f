import { findTimeProblem } from './find-time-problem.ts';
import { DumpError, splitStatements, type Statement } from './split-statements.ts';

/**
 * A row of `count` in a dump. The id is decimal, the time is UTC in MySQL's format. Each is
 * `undefined` if the dump lacks it.
 */
export type DumpedRow = {
  readonly id: string | undefined;
  readonly value: number;
  readonly recordedAt: string | undefined;
};

/** Callbacks for the contents of a dump other than rows of `count`. */
type DumpListener = {
  /** Called when the dump creates the table `count`, which may have no rows. */
  readonly onTable: () => void;
  /** Called with the name of another table for each of its INSERTs. The import skips these rows. */
  readonly onOtherRows: (table: string) => void;
};

type Column = 'id' | 'count_value' | 'recorded_at';

// Some tools quote integers, too.
const integer = (name: Column, digits: string) =>
  String.raw`(?<${name}Quote>['"]?)(?<${name}>${digits})\k<${name}Quote>`;
const patterns: Readonly<Record<Column, string>> = {
  id: integer('id', String.raw`\d{1,20}`),
  count_value: integer('count_value', String.raw`-?\d{1,19}`),
  recorded_at: String.raw`(?<timeQuote>['"])(?<recorded_at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)\k<timeQuote>`,
};
const expected: Readonly<Record<Column, string>> = {
  id: 'a whole number',
  count_value: 'a whole number',
  recorded_at: "a time such as '2026-01-02 03:04:05'",
};

const identifier = String.raw`(?:\`[^\`]+\`|"[^"]+"|[\w$]+)`;
const tableName = String.raw`(?:(?<database>${identifier})\s*\.\s*)?(?<table>${identifier})`;
const insertInto = String.raw`^(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\s+)*(?:INTO\s+)?${tableName}`;
const insert = new RegExp(insertInto, 'i');
const values = /\s*(?:\((?<list>[^()]*)\)\s*)?VALUES?\s*(?=\()/iy;
const createTable = new RegExp(String.raw`^CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?${tableName}\s*\(`, 'i');
const setTimeZone = /^\s*(?:SESSION\s+|@@(?:SESSION\.)?)?TIME_ZONE\s*=\s*(?<zone>[^]*)$/i;
const utc = /^['"](?:[+-]0?0:00|UTC)['"]\s*$/i;
const use = /^USE\s+(?<database>[^]*)$/i;

// A column's definition begins a line, or follows a parenthesis or a comma. It stays within its
// line: `\s*` would scan all following lines, from each of them.
const columnDefinitions =
  /(?:^|[(,])[ \t]*(?:`(?<quoted>[^`\n]+)`|"(?<ansi>[^"\n]+)"|(?<plain>[a-z_]\w*))[ \t]+[a-z]/gim;
const noColumns = /^(?:PRIMARY|UNIQUE|KEY|INDEX|CONSTRAINT|FULLTEXT|SPATIAL|FOREIGN|CHECK)$/i;

// Statements that dumps contain in addition to rows. The import runs none of them.
const skipped = new RegExp(
  String.raw`^(?:SET|USE|CREATE|DROP|LOCK|UNLOCK|ALTER|BEGIN|COMMIT|SELECT|SHOW|FLUSH|ANALYZE|OPTIMIZE|GRANT|REVOKE|RESET` +
    // The position of a replica.
    String.raw`|CHANGE\s+(?:MASTER|REPLICATION)|(?:START|STOP)\s+(?:TRANSACTION|SLAVE|REPLICA))\b`,
  'i',
);
// Before the rows, these empty the table for them. After the rows, they would remove them.
const emptied = /^(?:TRUNCATE\s|DELETE\s+FROM\s+\S+$)/i;
const makeDump = 'mysqldump --tz-utc DATABASE count > FILE';

// The first characters of XML, JSON and CSV.
const otherFormats = /^\s*(?:[<[{]|["']?[\w-]+["']?[,\t])/;

// The reasons for a refusal, by the beginning of the statement.
const refusals: readonly (readonly [beginning: RegExp, reason: string])[] = [
  [
    /^(?:INSERT|REPLACE)\b/i,
    `takes its rows from a query, and the import runs no queries. Dump the rows themselves: ${makeDump}`,
  ],
  [
    /^(?:UPDATE|DELETE|TRUNCATE|CALL|LOAD|ROLLBACK|RENAME|WITH|DO|EXECUTE|PREPARE)\b/i,
    `changes rows, and the import runs no statements. Run it at the source, then dump again: ${makeDump}`,
  ],
  [/^(?:COPY|PRAGMA)\b/i, 'is not MySQL. Export the counts as INSERTs into the table count'],
  [otherFormats, `is XML, JSON or CSV. Dump the table as SQL: ${makeDump}`],
  [/^/, `is not a statement of a dump. Dump the table as SQL: ${makeDump}`],
];

const maxRowsAtOnce = 5_000;
// Leaves enough of BIGINT for the ids of counts that are recorded later.
const highestId = 10n ** 18n - 1n;
const lengthShown = 60;
const rowLengthRead = 1_000;

/**
 * Reads the rows of `count` from a dump of mysqldump, mariadb-dump, mydumper, phpMyAdmin or a
 * similar tool. Yields groups of up to 5,000 rows with the line of their statement.
 *
 * It reads only INSERTs (and REPLACEs) into `count`. It skips rows of other tables and the usual
 * other statements of dumps. Anything else throws a {@link DumpError} with the line, the beginning
 * of the statement and a fix.
 *
 * The columns are those that the INSERT lists, else those of the dump's own CREATE TABLE, else
 * those of the ledger.
 */
export const readDump = async function* (
  chunks: AsyncIterable<string>,
  { onTable, onOtherRows }: DumpListener = { onTable: () => undefined, onOtherRows: () => undefined },
): AsyncGenerator<{ readonly rows: readonly DumpedRow[]; readonly line: number }> {
  let columns: readonly string[] | undefined;
  let isUtc = false;
  let database = '';
  let rowsFrom: string | undefined;
  for await (const statement of splitStatements(refuseOtherFormats(chunks))) {
    const { text, line } = statement;
    const inserted = insert.exec(text);
    if (inserted !== null && isCount(inserted)) {
      values.lastIndex = inserted[0].length;
      const found = values.exec(text);
      if (found === null) throw refusalOf(statement);
      const from = nameIn(inserted.groups?.['database']) ?? database;
      if (rowsFrom !== undefined && rowsFrom !== from) throw twoDatabases(line, rowsFrom, from);
      rowsFrom = from;
      const listed = found.groups?.['list'];
      const parse = createRowParser(
        statement,
        values.lastIndex,
        listed === undefined ? columns : namesIn(listed),
        isUtc,
      );
      for (const rows of parse()) yield { rows, line };
      continue;
    }
    if (inserted !== null) {
      onOtherRows(nameIn(inserted.groups?.['table']) ?? '');
      continue;
    }
    if (!skipped.test(text) && !(emptied.test(text) && rowsFrom === undefined)) throw refusalOf(statement);
    const created = createTable.exec(text);
    if (created !== null && isCount(created)) {
      columns = columnsIn(text.slice(created[0].length - 1));
      onTable();
    }
    isUtc = zoneOf(text) ?? isUtc;
    database = nameIn(use.exec(text)?.groups?.['database']) ?? database;
  }
};

/**
 * Passes on the text and refuses other formats. Such a file may have no semicolon and would look
 * like a truncated dump.
 */
const refuseOtherFormats = async function* (chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst && otherFormats.test(chunk)) throw refusalOf({ text: chunk.trimStart(), line: 1 });
    isFirst &&= chunk.trim() === '';
    yield chunk;
  }
};

const isCount = ({ groups }: RegExpExecArray): boolean => nameIn(groups?.['table'])?.toLowerCase() === 'count';

/**
 * Returns true if a statement sets the time zone to UTC, false for another zone, else `undefined`.
 */
const zoneOf = (text: string): boolean | undefined => {
  if (!/^SET\s/i.test(text)) return undefined;
  const zones = text
    .slice('SET'.length)
    .split(',')
    .flatMap((assignment) => setTimeZone.exec(assignment)?.groups?.['zone'] ?? []);
  const zone = zones.at(-1);
  return zone === undefined ? undefined : utc.test(zone);
};

const columnsIn = (definitions: string): string[] =>
  [...definitions.replaceAll(/'[^']*'/g, "''").matchAll(columnDefinitions)]
    .map(({ groups }) => groups?.['quoted'] ?? groups?.['ansi'] ?? groups?.['plain'] ?? '')
    .filter((name) => !noColumns.test(name));

const refusalOf = ({ text, line }: Statement): DumpError => {
  const [, reason = ''] = refusals.find(([beginning]) => beginning.test(text)) ?? [];
  return new DumpError(`Line ${line}: "${shorten(text)}" ${reason}`);
};

const twoDatabases = (line: number, one: string, other: string): DumpError =>
  new DumpError(
    `Line ${line} has rows of count in the database ${other || 'without a name'}, and earlier lines in ${one || 'one without a name'}. ` +
      `Dump one database: ${makeDump}`,
  );

const createRowParser = (
  { text, line }: Statement,
  start: number,
  names: readonly string[] | undefined,
  isUtc: boolean,
) => {
  const errorAt = (at: number, what: string) =>
    new DumpError(`Line ${line + text.slice(0, at).split('\n').length - 1}: ${what}: ${shorten(text.slice(at))}`);
  const columns = columnsOf(names, text.slice(start), (what) => errorAt(0, what));
  const row = rowOf(columns);

  const readRow = (at: number): readonly [row: DumpedRow, next: number, isLast: boolean] => {
    row.lastIndex = at;
    const found = row.exec(text);
    if (found === null) throw errorAt(at, explain(text.slice(at, at + rowLengthRead), columns));
    const { id, count_value: value, recorded_at: recordedAt, next } = found.groups ?? {};
    if (!Number.isSafeInteger(Number(value))) throw errorAt(at, 'the count is beyond ±(2^53−1)');
    const timeProblem = recordedAt === undefined ? undefined : findTimeProblem(recordedAt);
    if (timeProblem !== undefined) throw errorAt(at, timeProblem);
    // MySQL would replace 0 with a new id.
    if (id !== undefined && (BigInt(id) > highestId || BigInt(id) === 0n))
      throw errorAt(at, 'the id is not from 1 to 999999999999999999. To give new ids, import with --new-ids');
    if (recordedAt !== undefined && !isUtc) {
      throw errorAt(
        at,
        "the time zone is unknown. Dump with --tz-utc and without --compact, or put SET TIME_ZONE='+00:00'; before them",
      );
    }
    return [{ id, value: Number(value), recordedAt }, row.lastIndex, next !== ','];
  };

  return function* (): Generator<DumpedRow[]> {
    let rows: DumpedRow[] = [];
    for (let at = start, isLast = false; !isLast;) {
      let read: DumpedRow;
      [read, at, isLast] = readRow(at);
      rows.push(read);
      if (rows.length === maxRowsAtOnce || isLast) {
        yield rows;
        rows = [];
      }
    }
  };
};

/** Explains why the row at the beginning of `text` does not match. */
const explain = (text: string, columns: readonly Column[]): string => {
  const shape = `not a row of the columns ${columns.join(', ')}`;
  const row = /^\(([^()]*)\)\s*(?<behind>,|$|[a-z]+)?/i.exec(text);
  const given = row?.[1]?.split(',').map((value) => value.trim());
  if (given === undefined) return shape;
  if (given.length !== columns.length) return `${shape}: it has ${given.length} values`;
  for (const [index, column] of columns.entries()) {
    const value = given[index] ?? '';
    if (new RegExp(`^${patterns[column]}$`).test(value)) continue;
    if (column === 'count_value' && /^NULL$/i.test(value)) {
      return 'count_value is NULL. Remove such rows at the source, then dump again: DELETE FROM `count` WHERE count_value IS NULL';
    }
    return `${column} is ${shorten(value)}, not ${expected[column]}`;
  }
  return `the INSERT does more than insert rows (${row?.groups?.['behind'] ?? 'after a row'})`;
};

/**
 * Returns the columns of rows. Rows without named columns have those of the ledger, with or without
 * the time.
 */
const columnsOf = (
  names: readonly string[] | undefined,
  rows: string,
  toError: (what: string) => DumpError,
): readonly Column[] => {
  if (names === undefined || names.length === 0) {
    const columns: readonly Column[] = ['id', 'count_value', 'recorded_at'];
    return rowOf(columns).test(rows) || /^\([^(),]*,[^(),]*,/.test(rows) ? columns : columns.slice(0, 2);
  }
  const columns = names.map((name) => name.toLowerCase());
  const unknown = columns.filter((name) => !isColumn(name));
  if (unknown.length > 0) {
    throw toError(
      `the column ${shorten(unknown.join(', '))} does not exist in the database (${Object.keys(patterns).join(', ')})`,
    );
  }
  if (!columns.includes('count_value')) throw toError('there is no column count_value');
  if (new Set(columns).size < columns.length) throw toError('a column occurs twice');
  return columns.filter(isColumn);
};

/** Returns a pattern for one row and the comma or the end after it. */
const rowOf = (columns: readonly Column[]): RegExp =>
  new RegExp(
    String.raw`\(\s*${columns.map((name) => patterns[name]).join(String.raw`\s*,\s*`)}\s*\)\s*(?<next>,|$)\s*`,
    'y',
  );

const isColumn = (name: string): name is Column => name in patterns;

const namesIn = (list: string): string[] => list.split(',').map((name) => nameIn(name) ?? '');

/** Removes the quotes from a name. */
const nameIn = (name: string | undefined): string | undefined => name?.trim().replaceAll(/[`"]/g, '');

const shorten = (text: string): string => {
  const line = text.slice(0, lengthShown).replaceAll(/\s+/g, ' ');
  return text.length > lengthShown ? `${line}…` : line;
};
