import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { readPage } from './read-page.ts';

const highest = '18446744073709551615';

test('pages follow each other from the highest id to the lowest, each row once, the last without a next', async (t) => {
  const { connect, query } = await createTestLedger(t);
  await query('INSERT INTO `count` (id, count_value) VALUES (1, 10), (2, 20), (9, 90), (10, 100), (30, -7)');
  const ledger = connect();
  const seen: [string, number][] = [];
  const nexts: (string | undefined)[] = [];
  for (let before: string | undefined, isFirst = true; isFirst || before !== undefined; isFirst = false) {
    const { counts, next } = await readPage(ledger, { limit: 2, before }, 5_000);
    seen.push(...counts.map(({ id, value }): [string, number] => [id, value]));
    nexts.push(next);
    before = next;
  }
  // Not in the order of the text, in which 9 is above 30.
  assert.deepEqual(seen, [
    ['30', -7],
    ['10', 100],
    ['9', 90],
    ['2', 20],
    ['1', 10],
  ]);
  assert.deepEqual(nexts, ['10', '2', undefined]);
  assert.equal((await readPage(ledger, { limit: 5, before: undefined }, 5_000)).next, undefined);
});

test('ids are exact to the last one that the column holds, and a bound beyond it bounds nothing', async (t) => {
  const { connect, query } = await createTestLedger(t);
  await query(
    `INSERT INTO \`count\` (id, count_value) VALUES (9007199254740993, 1), (18446744073709551614, 2), (${highest}, 3)`,
  );
  const ledger = connect();
  const idsBefore = async (before: string | undefined) =>
    (await readPage(ledger, { limit: 10, before }, 5_000)).counts.map(({ id }) => id);
  const all = [highest, '18446744073709551614', '9007199254740993'];
  assert.deepEqual(await idsBefore(undefined), all);
  assert.deepEqual(await idsBefore('18446744073709551616'), all);
  assert.deepEqual(await idsBefore('99999999999999999999'), all);
  assert.deepEqual(await idsBefore(highest), all.slice(1));
  assert.deepEqual(await idsBefore('9007199254740994'), ['9007199254740993']);
  assert.deepEqual(await idsBefore('9007199254740993'), []);
  assert.deepEqual(await idsBefore('0'), []);
  assert.deepEqual(await idsBefore('00000000000000000000'), []);
});

test('the time of recording is UTC to the millisecond, whatever zone the server is in', async (t) => {
  const { connect, query } = await createTestLedger(t);
  await query("SET time_zone = '+05:30'");
  await query("INSERT INTO `count` (count_value, recorded_at) VALUES (1, '2026-01-02 03:04:05.678')");
  const { counts } = await readPage(connect(), { limit: 1, before: undefined }, 5_000);
  assert.equal(counts[0]?.recordedAt.toISOString(), '2026-01-01T21:34:05.678Z');
});

test('a page reads as many rows as it has, however many there are', async (t) => {
  const { connect, query } = await createTestLedger(t);
  await query('INSERT INTO `count` (count_value) VALUES ?', [Array.from({ length: 5_000 }, (_, index) => [index])]);
  const rowsRead = await connect().run(async (connection) => {
    const here = {
      run: <T>(work: (given: typeof connection) => Promise<T>) => work(connection),
      inUse: () => 1,
      close: () => Promise.resolve(),
    };
    await connection.query('FLUSH STATUS');
    await readPage(here, { limit: 10, before: '2500' }, 5_000);
    const [rows] = await connection.query("SHOW SESSION STATUS LIKE 'Handler_read%'");
    return (rows as { Value: string }[]).reduce((sum, { Value: value }) => sum + Number(value), 0);
  }, 5_000);
  assert.ok(rowsRead <= 12, `${rowsRead} rows were read`);
});
