import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { readPage } from './read-page.ts';
import { recordBatches } from './record.ts';

const highest = '18446744073709551615';

test('pages go from the highest id to the lowest with each row once, and the last has no next', async (t) => {
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
  // Not in the order of the text, which sorts 9 above 30.
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

test('ids are exact up to the maximum of the column, and a bound beyond it has no effect', async (t) => {
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

test('a row with a zero date is read without a time, and its neighbours with theirs', async (t) => {
  const { connect, query } = await createTestLedger(t);
  await query("SET sql_mode = ''");
  await query(
    "INSERT INTO `count` (count_value, recorded_at) VALUES (1, NOW()), (2, '0000-00-00 00:00:00'), (3, NOW())",
  );
  for (const bounds of [{}, { after: '0' }]) {
    const { counts } = await readPage(connect(), { limit: 5, ...bounds }, 5_000);
    const byId = counts.toSorted((a, b) => Number(a.id) - Number(b.id));
    assert.deepEqual(
      byId.map(({ value, recordedAt }) => [value, recordedAt instanceof Date]),
      [
        [1, true],
        [2, false],
        [3, true],
      ],
    );
  }
});

test('a follower reads pages in ascending order, and an empty page returns its own bound', async (t) => {
  const { connect, query } = await createTestLedger(t);
  await query('INSERT INTO `count` (count_value) VALUES (10), (20), (30), (40), (50)');
  const ledger = connect();
  const follow = async (after: string) => {
    const { counts, next } = await readPage(ledger, { limit: 2, after }, 5_000);
    return [counts.map(({ value }) => value), next];
  };
  assert.deepEqual(await follow('0'), [[10, 20], '2']);
  assert.deepEqual(await follow('2'), [[30, 40], '4']);
  assert.deepEqual(await follow('4'), [[50], '5']);
  assert.deepEqual(await follow('5'), [[], '5']);
  assert.deepEqual(await follow('7'), [[], '7']);
  assert.deepEqual(await follow(highest), [[], highest]);
  assert.deepEqual(await follow('99999999999999999999'), [[], '99999999999999999999']);
});

test('a follower waits for a transaction that has lower ids and commits later', async (t) => {
  const { connect, query, transaction } = await createTestLedger(t);
  const ledger = connect();
  const follow = async (after: string) => {
    const { counts, next } = await readPage(ledger, { limit: 9, after }, 5_000);
    return [counts.map(({ value }) => value), next];
  };
  await query('INSERT INTO `count` (count_value) VALUES (10)');
  await transaction(async (inTransaction) => {
    await inTransaction('INSERT INTO `count` (count_value) VALUES (20), (30)', []);
    await query('INSERT INTO `count` (count_value) VALUES (40)');
    assert.deepEqual(await follow('0'), [[10], '1']);
    assert.deepEqual(await follow('1'), [[], '1']);
    await inTransaction('COMMIT', []);
    assert.deepEqual(await follow('1'), [[20, 30, 40], '4']);
  });
});

test('a follower skips a gap that no transaction can fill', async (t) => {
  const { connect, query } = await createTestLedger(t);
  // The row after the gap is older than any transaction can be. The next row is new and follows
  // without a gap.
  await query(
    `INSERT INTO \`count\` (id, count_value, recorded_at)
       VALUES (5, 50, NOW(3) - INTERVAL 61 SECOND), (6, 60, NOW(3)), (9, 90, NOW(3) - INTERVAL 40 SECOND)`,
  );
  const { counts, next } = await readPage(connect(), { limit: 9, after: '0' }, 5_000);
  assert.deepEqual([counts.map(({ id }) => id), next], [['5', '6'], '6']);
});

test('a larger auto_increment_increment creates no gaps', async (t) => {
  const { connect, query } = await createTestLedger(t);
  const ledger = connect();
  await query('SET SESSION auto_increment_increment = 7, auto_increment_offset = 1');
  await query('INSERT INTO `count` (count_value) VALUES (10), (20), (30)');
  const page = await ledger.run(async (connection) => {
    await connection.query('SET SESSION auto_increment_increment = 7');
    const here = { ...ledger, run: <T>(work: (given: typeof connection) => Promise<T>) => work(connection) };
    return readPage(here, { limit: 9, after: '0' }, 5_000);
  }, 5_000);
  assert.deepEqual(
    page.counts.map(({ id }) => id),
    ['1', '8', '15'],
  );
});

test('a follower gets each count once while several consumers record at the same time', async (t) => {
  const { connect } = await createTestLedger(t);
  const ledger = connect();
  const writers = 4;
  const batches = 40;
  let isOver = false;
  const seen: string[] = [];
  const follow = async () => {
    for (let after = '0', isLast = false; ;) {
      const isRecorded = isOver;
      const { counts, next } = await readPage(ledger, { limit: 1_000, after }, 20_000);
      seen.push(...counts.map(({ id }) => id));
      after = next ?? after;
      if (isLast && counts.length === 0) return;
      isLast = isRecorded;
    }
  };
  const write = async (shard: number) => {
    const connection = connect();
    for (let batch = 0; batch < batches; batch += 1) {
      const batchId = `${shard}`.padStart(2, '0') + `${batch}`.padStart(30, '0');
      const list = Array(1_000).fill(1).join(',');
      await recordBatches(connection, [{ batchId, list, size: 1_000, isKeyed: false }], {
        shard,
        inboxHours: 1,
        deadlineMs: 60_000,
      });
    }
  };
  const following = follow();
  try {
    await Promise.all(Array.from({ length: writers }, (_, shard) => write(shard)));
  } finally {
    isOver = true;
    await following;
  }
  assert.equal(seen.length, writers * batches * 1_000);
  assert.equal(new Set(seen).size, seen.length);
});

test('the time of recording is UTC to the millisecond, whatever the time zone of the server', async (t) => {
  const { connect, query } = await createTestLedger(t);
  await query("SET time_zone = '+05:30'");
  await query("INSERT INTO `count` (count_value, recorded_at) VALUES (1, '2026-01-02 03:04:05.678')");
  const { counts } = await readPage(connect(), { limit: 1, before: undefined }, 5_000);
  assert.equal(counts[0]?.recordedAt?.toISOString(), '2026-01-01T21:34:05.678Z');
});

test('a page reads only its own rows, however large the table', async (t) => {
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
