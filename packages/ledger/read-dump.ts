import { DumpError, splitStatements, type Statement } from './split-statements.ts';

/** A row of `count` in a dump. The id is decimal, the time UTC as MySQL writes it; where the dump has none there is none. */
export type DumpedRow = {
  readonly id: string | undefined;
  readonly value: number;
  readonly recordedAt: string | undefined;
};

type Column = 'id' | 'count_value' | 'recorded_at';

const patterns: Readonly<Record<Column, string>> = {
  id: String.raw`(?<id>\d{1,20})`,
  count_value: String.raw`(?<count_value>-?\d{1,19})`,
  recorded_at: String.raw`'(?<recorded_at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)'`,
};

const tableName = '(?:`count`|count)';
const insert = new RegExp(String.raw`^INSERT\s+INTO\s+${tableName}\s*(?:\((?<list>[^()]*)\)\s*)?VALUES?\s*(?=\()`, 'i');
const createCount = new RegExp(String.raw`^CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?${tableName}\s*\(`, 'i');
const setTimeZone = /^SET\s+(?:SESSION\s+|@@(?:SESSION\.)?)?TIME_ZONE\s*=\s*(?<zone>[^]*)$/i;

// Within its line: `\s*` would look through all lines that follow, from each of them.
const columnDefinitions = /^[ \t]*`(?<name>[^`\n]+)`\s/gm;

// What dumps carry beside the rows. None of it is run.
const skipped = [
  /^SET\s/i,
  /^(?:DROP|CREATE)\s+(?:TABLE|DATABASE|SCHEMA)\s/i,
  /^LOCK\s+TABLES?\s/i,
  /^UNLOCK\s+TABLES?$/i,
  /^ALTER\s+TABLE\s+\S+\s+(?:DISABLE|ENABLE)\s+KEYS$/i,
  /^USE\s/i,
  // mariadb-dump writes it behind `SET autocommit=0`.
  /^COMMIT$/i,
];

const maxRowsAtOnce = 5_000;
// What pages of GET /counts can name, and far enough from the end of BIGINT that ids are left for what is recorded afterwards.
const highestId = 10n ** 18n - 1n;
const lengthShown = 60;

/**
 * Reads the rows of `count` from a dump, as `mysqldump` and `mariadb-dump` write it, in groups of up to 5,000 with the line of their statement.
 * Only INSERTs into `count` are read; what dumps carry beside is skipped, and anything else throws a {@link DumpError} that names
 * it and its line. The columns are those that the INSERT lists, else those of the dump's own CREATE TABLE, else the ledger's.
 */
export const readDump = async function* (
  chunks: AsyncIterable<string>,
): AsyncGenerator<{ readonly rows: readonly DumpedRow[]; readonly line: number }> {
  let columns: readonly string[] | undefined;
  let isUtc = false;
  let database: string | undefined;
  for await (const statement of splitStatements(chunks)) {
    const { text, line } = statement;
    const inserted = insert.exec(text);
    if (inserted !== null) {
      const listed = inserted.groups?.['list'];
      const parse = createRowParser(
        statement,
        inserted[0].length,
        listed === undefined ? columns : namesIn(listed),
        isUtc,
      );
      for (const rows of parse()) yield { rows, line };
    } else if (!skipped.some((pattern) => pattern.test(text))) {
      throw new DumpError(
        `Line ${line} has what is not imported: ${shorten(text)}. Dump the table alone: mysqldump DATABASE count`,
      );
    }
    if (createCount.test(text)) columns = [...text.matchAll(columnDefinitions)].map(([, name]) => String(name));
    const zone = setTimeZone.exec(text)?.groups?.['zone'];
    if (zone !== undefined) isUtc = /^'\+00:00'$/.test(zone);
    if (/^USE\s/i.test(text)) {
      if (database !== undefined && database !== text)
        throw new DumpError(`Line ${line}: the dump has more than one database`);
      database = text;
    }
  }
};

const createRowParser = (
  { text, line }: Statement,
  start: number,
  names: readonly string[] | undefined,
  isUtc: boolean,
) => {
  const faultAt = (at: number, what: string) =>
    new DumpError(`Line ${line + text.slice(0, at).split('\n').length - 1}: ${what}: ${shorten(text.slice(at))}`);
  const row = rowPattern(names, text.slice(start), (what) => faultAt(0, what));

  const readRow = (at: number): readonly [row: DumpedRow, next: number, isLast: boolean] => {
    row.lastIndex = at;
    const found = row.exec(text);
    if (found === null) throw faultAt(at, 'not a row of an id, an integer and a time (where it has one)');
    const { id, count_value: value, recorded_at: recordedAt, next } = found.groups ?? {};
    if (!Number.isSafeInteger(Number(value))) throw faultAt(at, 'the count is beyond ±(2^53−1)');
    // 0 would be given a new id.
    if (id !== undefined && (BigInt(id) > highestId || BigInt(id) === 0n))
      throw faultAt(at, 'the id is not from 1 to 999999999999999999; --new-ids gives new ones');
    if (recordedAt !== undefined && !isUtc) {
      throw faultAt(
        at,
        "the times may be in any zone; dump with --tz-utc (or put SET TIME_ZONE='+00:00'; before them)",
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

/** Matches one row and what follows it, a comma or the end. Rows without named columns are the ledger's, with a time or without. */
const rowPattern = (
  names: readonly string[] | undefined,
  rows: string,
  faultOf: (what: string) => DumpError,
): RegExp => {
  if (names === undefined) {
    const columns: readonly Column[] = ['id', 'count_value', 'recorded_at'];
    const withTimes = rowOf(columns);
    return withTimes.test(rows) ? withTimes : rowOf(columns.slice(0, 2));
  }
  const columns = names.map((name) => name.toLowerCase());
  const unknown = columns.filter((name) => !isColumn(name));
  if (unknown.length > 0) {
    throw faultOf(
      `the column ${shorten(unknown.join(', '))} is not one of the ledger's (${Object.keys(patterns).join(', ')})`,
    );
  }
  if (!columns.includes('count_value')) throw faultOf('there is no column count_value');
  if (new Set(columns).size < columns.length) throw faultOf('a column is there twice');
  return rowOf(columns.filter(isColumn));
};

const rowOf = (columns: readonly Column[]): RegExp =>
  new RegExp(
    String.raw`\(\s*${columns.map((name) => patterns[name]).join(String.raw`\s*,\s*`)}\s*\)\s*(?<next>,|$)\s*`,
    'y',
  );

const isColumn = (name: string): name is Column => name in patterns;

const namesIn = (list: string): string[] => list.split(',').map((name) => name.trim().replaceAll('`', ''));

const shorten = (text: string): string => {
  const line = text.slice(0, lengthShown).replaceAll(/\s+/g, ' ');
  return text.length > lengthShown ? `${line}…` : line;
};
