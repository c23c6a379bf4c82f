import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { rowCodecOf, parseRowEntry, splitRowEntry, type EncodedRows } from '@sluice/contract/row-entry.ts';
import { createRowCheck } from '@sluice/table/check-row.ts';
import { decimal, defineTable } from '@sluice/table/define-table.ts';
import { readTables } from '@sluice/table/read-tables.ts';
import { createTableSqlOf } from '@sluice/table/sql.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import * as z from 'zod';
import { readRows, readTableTotal } from './read-rows.ts';
import { claimSplit, recordRows } from './record-rows.ts';
import { isRefusal } from './refusals.ts';
import { splitIdsOf } from './split-ids.ts';

const settings = { shard: 3, inboxHours: 1, deadlineMs: 20_000 };

const [table] = readTables([
  defineTable('every_type', {
    name: z.string().max(100),
    size: z.int(),
    ratio: z.number(),
    price: decimal(20, 10),
    is_open: z.boolean(),
    token: z.uuid(),
    seen_at: z.iso.datetime({ offset: true }),
    extra: z.json().optional(),
    plan: z.enum(['free', 'pro']).optional(),
  }),
]);
if (table === undefined) throw new Error('There is no table');
const columns = table.columns;
const check = createRowCheck(table);

const plain = {
  name: 'plain',
  size: 1,
  ratio: 0.5,
  price: '1.0000000000',
  is_open: true,
  token: '0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47',
  seen_at: '2026-11-26T05:00:00.123Z',
  extra: null,
  plan: null,
};

const batchOf = (number: number, rows: readonly unknown[]): EncodedRows => {
  const items = rows.map((row) => {
    const checked = check(row);
    if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
    return checked.row;
  });
  const batchId = number.toString(16).padStart(32, '0');
  const parsed = parseRowEntry(rowCodecOf(columns).encode({ batchId, items, isKeyed: false }), columns);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.batch;
};

const setUp = async (t: TestContext) => {
  const ledger = await createTestLedger(t);
  await ledger.query(createTableSqlOf(storedTableOf(table)));
  const connection = ledger.connect();
  const record = (...batches: EncodedRows[]) => recordRows(connection, table.name, batches, settings);
  const readAll = async () => {
    // Not with `after`: a page for a follower ends before a gap, and INSERT … SELECT leaves gaps.
    const { rows } = await readRows(connection, table, { limit: 1_000 }, 20_000);
    return rows.toReversed().map(({ id: _id, recorded_at: _at, ...row }) => row);
  };
  const readTotal = async () => (await readTableTotal(connection, table, 20_000)).rowsCount;
  return { ...ledger, connection, record, readAll, readTotal };
};

const values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'characters of every kind': { name: 'ü 😀 \' " \\ ` % _ \u0000 \u001F \u2028 \r\n\t; DROP TABLE inbox; --' },
  'blanks at both ends': { name: '  a  ' },
  'an empty text': { name: '' },
  'the least integer': { size: -9_007_199_254_740_991 },
  'the greatest integer': { size: 9_007_199_254_740_991 },
  'the least number': { ratio: 5e-324 },
  'the least normal number': { ratio: 2.2250738585072014e-308 },
  'the greatest number': { ratio: 1.7976931348623157e308 },
  'a number of 17 digits': { ratio: 0.1 + 0.2 },
  'a number that mysql2 rounds': { ratio: 6434 / 7 },
  'a decimal of all digits': { price: '-1234567890.1234567891' },
  'the first time': { seen_at: '1000-01-01T00:00:00.000Z' },
  'the last time': { seen_at: '9999-12-31T23:59:59.999Z' },
  'a leap day': { seen_at: '2024-02-29T12:00:00.001Z' },
  'an hour that a zone skips': { seen_at: '2026-03-29T02:30:00.000Z' },
  'nested JSON': { extra: { a: [1, -0.5, true, null, { 'ü"\\': '😀\u0000' }], b: {} } },
  'a line feed as a JSON name': { extra: { x: 1, '\n': 1 } },
  'a backslash as a JSON name': { extra: { x: 1, '\\': 1 } },
  'a quotation mark as a JSON name': { extra: { x: 1, '"': 1 } },
  'JSON text': { extra: '[1]' },
  'a JSON number': { extra: 0.30000000000000004 },
  'false as JSON': { extra: false, is_open: false },
  'an empty list': { extra: [] },
  'JSON of 24 levels': { extra: JSON.parse('['.repeat(24) + ']'.repeat(24)) },
  'JSON with the longest name': { extra: { [`ü${'x'.repeat(65_533)}`]: 1 } },
  'one of several': { plan: 'pro' },
};

test('values of every kind are read as they were sent', async (t) => {
  const { record, readAll } = await setUp(t);
  const rows = Object.values(values).map((value) => Object.assign({}, plain, value));
  assert.deepEqual(await record(batchOf(1, rows)), { rows: rows.length, duplicates: 0, split: [] });
  const read = await readAll();
  for (const [index, name] of Object.keys(values).entries()) assert.deepEqual(read[index], rows[index], name);
});

test('1,000 rows of random JSON are read as they were sent', async (t) => {
  const { record, readAll } = await setUp(t);
  const random = (depth: number): unknown => {
    const kind = Math.floor(Math.random() * (depth > 4 ? 4 : 6));
    if (kind === 0) return Math.random() < 0.5 ? null : Math.random() < 0.5;
    if (kind === 1) return (Math.random() - 0.5) * 10 ** Math.floor(Math.random() * 40 - 30);
    if (kind === 2) return Math.floor(Math.random() * 2 ** 53);
    if (kind === 3) return String.fromCodePoint(...Array.from({ length: 5 }, () => Math.floor(Math.random() * 0xd7ff)));
    if (kind === 4) return Array.from({ length: 3 }, () => random(depth + 1));
    return Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`k${index}`, random(depth + 1)]));
  };
  const rows = Array.from({ length: 1_000 }, (_, size) => ({
    ...plain,
    size,
    ratio: (Math.random() - 0.5) * 10 ** Math.floor(Math.random() * 600 - 300),
    extra: { value: random(0) },
  }));
  await record(batchOf(1, rows));
  assert.deepEqual(await readAll(), rows);
});

test('a batch is recorded once, beside new ones, and the total is the number of rows', async (t) => {
  const { record, readAll, readTotal } = await setUp(t);
  const first = batchOf(1, [plain, plain]);
  assert.deepEqual(await record(first), { rows: 2, duplicates: 0, split: [] });
  assert.deepEqual(await record(first, batchOf(2, [plain])), { rows: 1, duplicates: 1, split: [] });
  assert.deepEqual(await record(first), { rows: 0, duplicates: 1, split: [] });
  assert.equal((await readAll()).length, 3);
  assert.equal(await readTotal(), 3);
});

const malformed: Readonly<Record<string, Partial<EncodedRows>>> = {
  'fewer rows than it says': { size: 3 },
  'more rows than it says': { size: 1 },
  'no rows': { rows: '[[]]', size: 1 },
  'text that is no JSON': { rows: '[["a]]' },
  'a value that is no scalar': { rows: '[[{"a":1}]]', size: 1 },
  'null for a required column': { rows: '[[null,1,1,"1",1,"x","2026-01-01",null,null]]', size: 1 },
  'an integer that is text': { rows: '[["a","x",1,"1",1,"x","2026-01-01",null,null]]', size: 1 },
  'an integer that is too large': { rows: '[["a",1e30,1,"1",1,"x","2026-01-01",null,null]]', size: 1 },
  'a decimal that is too large': { rows: '[["a",1,1,"12345678901.1",1,"x","2026-01-01",null,null]]', size: 1 },
  'a time that does not exist': { rows: '[["a",1,1,"1",1,"x","2026-02-30",null,null]]', size: 1 },
  'text that is too long': {
    rows: JSON.stringify([['a'.repeat(101), 1, 1, '1', 1, 'x', '2026-01-01', null, null]]),
    size: 1,
  },
  'JSON that is none': { rows: JSON.stringify([['a', 1, 1, '1', 1, 'x', '2026-01-01', '{', null]]), size: 1 },
};

for (const [what, part] of Object.entries(malformed)) {
  test(`an entry with ${what} is refused, and leaves no trace`, async (t) => {
    const { record, readAll, readTotal, query } = await setUp(t);
    await assert.rejects(record({ ...batchOf(1, [plain, plain]), ...part }), (error) => isRefusal(error));
    assert.deepEqual(await readAll(), []);
    assert.equal(await readTotal(), 0);
    assert.deepEqual(await query('SELECT * FROM inbox'), []);
  });
}

test('JSON with a name that MySQL does not have is refused there, so it holds up no other row', async (t) => {
  const { record } = await setUp(t);
  const json = JSON.stringify({ ['x'.repeat(65_536)]: 1 });
  const rows = JSON.stringify([['a', 1, 1, '1', 1, 'x', '2026-01-01', json, null]]);
  const settled = await record({ ...batchOf(1, [plain]), rows }).catch((error: unknown) => isRefusal(error));
  // MariaDB has longer names.
  assert.ok(typeof settled === 'object' || settled, 'the error is none of a row');
});

const syntaxError = 1064;
const rules: Readonly<Record<string, string>> = {
  'a CHECK': 'ADD CONSTRAINT small CHECK (size < 10)',
  'a unique key': 'ADD UNIQUE (name)',
  'a partition':
    'DROP PRIMARY KEY, ADD PRIMARY KEY (id, size) PARTITION BY RANGE (size) (PARTITION p0 VALUES LESS THAN (10))',
  'a date of a generated column':
    'ADD COLUMN ends_at DATETIME(3) AS (DATE_ADD(seen_at, INTERVAL size * 500 YEAR)) STORED',
  'a time of a generated column': "ADD COLUMN named_at DATETIME AS (STR_TO_DATE(name, '%Y-%m-%d')) STORED",
  'a generated column of another character set': 'ADD COLUMN latin VARCHAR(100) CHARACTER SET latin1 AS (name) STORED',
  'an index on integers in JSON': "ADD INDEX sizes ((CAST(extra->'$.words' AS UNSIGNED ARRAY)))",
  'an index on positive integers in JSON': "ADD INDEX sizes ((CAST(extra->'$.negative' AS UNSIGNED ARRAY)))",
  'an index on a flat list in JSON': "ADD INDEX sizes ((CAST(extra->'$.nested' AS SIGNED ARRAY)))",
  'an index on short words in JSON': "ADD INDEX words ((CAST(extra->'$.words' AS CHAR(2) ARRAY)))",
  'an index on one short word in JSON': "ADD INDEX word ((CAST(extra->>'$.word' AS CHAR(2))))",
};

for (const [what, rule] of Object.entries(rules)) {
  test(`a row that ${what} does not allow is refused, and any other row is recorded`, async (t) => {
    const { record, query, readTotal } = await setUp(t);
    try {
      await query(`ALTER TABLE every_type ${rule}`);
    } catch (error) {
      // MariaDB has no functional index.
      if (error instanceof Error && 'errno' in error && error.errno === syntaxError) return t.skip(error.message);
      throw error;
    }
    const first = { ...plain, name: '2026-11-26' };
    await record(batchOf(1, [first]));
    const extra = { words: ['four'], word: 'four', negative: [-1], nested: [[1]] };
    await assert.rejects(record(batchOf(2, [first, { ...plain, name: 'ü😀', size: 20, extra }])), isRefusal);
    assert.equal(await readTotal(), 1);
  });
}

test('a table or a column that is missing, or a column without a default, is no refusal of the row', async (t) => {
  const { record, query } = await setUp(t);
  await query('ALTER TABLE every_type DROP COLUMN plan');
  await assert.rejects(record(batchOf(1, [plain])), (error) => !isRefusal(error));
  await query('ALTER TABLE every_type ADD COLUMN plan VARCHAR(4), ADD COLUMN region VARCHAR(10) NOT NULL');
  await assert.rejects(record(batchOf(1, [plain])), (error) => !isRefusal(error));
  await query('DROP TABLE every_type');
  await assert.rejects(record(batchOf(1, [plain])), (error) => !isRefusal(error));
});

test('an older entry has NULL in the columns that it does not know', async (t) => {
  const { record, readAll } = await setUp(t);
  const batch = batchOf(1, [{ ...plain, plan: 'pro' }]);
  assert.equal((await record({ ...batch, columns: batch.columns.slice(0, -1) })).rows, 1);
  assert.equal((await readAll())[0]?.['plan'], null);
});

test('a batch that was claimed to be split is not recorded as a whole, by anyone', async (t) => {
  const { record, readAll, connection } = await setUp(t);
  const whole = batchOf(1, [plain, { ...plain, size: 2 }]);
  assert.equal(await claimSplit(connection, whole, settings), true);
  assert.equal(await claimSplit(connection, whole, settings), true, 'a second claim is the first one');
  const other = batchOf(2, [{ ...plain, size: 3 }]);
  assert.deepEqual(await record(whole, other), { rows: 1, duplicates: 0, split: [whole.batchId] });
  for (const fields of splitRowEntry(whole, splitIdsOf(whole.batchId).halves) ?? []) {
    const parsed = parseRowEntry(fields, columns);
    assert.ok(parsed.ok);
    assert.equal((await record(parsed.batch)).rows, 1);
    assert.equal((await record(parsed.batch)).duplicates, 1);
  }
  assert.deepEqual(
    (await readAll()).map(({ size }) => size),
    [3, 1, 2],
  );
});

test('a batch that was recorded as a whole cannot be claimed', async (t) => {
  const { record, connection } = await setUp(t);
  const whole = batchOf(1, [plain, plain]);
  await record(whole);
  assert.equal(await claimSplit(connection, whole, settings), false);
  // An entry that was sent again is known, and not split.
  assert.deepEqual(await record(whole), { rows: 0, duplicates: 1, split: [] });
});

test('a page of large rows ends before it is too large, and the next one goes on', async (t) => {
  const { record, connection } = await setUp(t);
  for (let number = 1; number <= 6; number++) {
    await record(batchOf(number, [{ ...plain, size: number, extra: 'x'.repeat(700_000) }]));
  }
  const sizes: unknown[] = [];
  let before: string | undefined;
  const lengths: number[] = [];
  do {
    const page = await readRows(connection, table, { limit: 10, before }, 20_000);
    sizes.push(...page.rows.map(({ size }) => size));
    lengths.push(page.rows.length);
    before = page.next;
  } while (before !== undefined);
  assert.deepEqual(sizes, [6, 5, 4, 3, 2, 1]);
  assert.deepEqual(lengths, [2, 2, 2]);
});

test('both reads of a page of large rows share its deadline', async (t) => {
  const { record, connection } = await setUp(t);
  await record(batchOf(1, [plain]));
  const deadlines: number[] = [];
  const observed: typeof connection = {
    ...connection,
    run: (work, deadlineMs) => {
      deadlines.push(deadlineMs);
      return connection.run(work, deadlineMs);
    },
  };
  await readRows(observed, table, { limit: 10 }, 20_000);
  const [first, second = first] = deadlines;
  assert.equal(first, 20_000);
  assert.ok(Number(second) < 20_000);
});

test('the latest row is the one with the highest id', async (t) => {
  const { record, connection } = await setUp(t);
  assert.equal((await readTableTotal(connection, table, 20_000)).latestRow, undefined);
  await record(batchOf(1, [plain, { ...plain, size: 7 }]));
  const { rowsCount, latestRow } = await readTableTotal(connection, table, 20_000);
  assert.deepEqual([rowsCount, latestRow?.['size']], [2, 7]);
});
