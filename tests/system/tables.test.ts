import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createTestTables, tablesFile } from '@sluice/test-servers/tables.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

const jsonType = { 'content-type': 'application/json' };

const setUp = async (t: TestContext) => {
  const pipeline = await createPipeline(t);
  await createTestTables(pipeline.ledger.query);
  const withTables = { TABLES_FILE: tablesFile };
  const { address } = pipeline;

  const post = async (table: string, body: string, headers: Readonly<Record<string, string>> = jsonType) => {
    const response = await fetch(`${address}/tables/${table}/rows`, { method: 'POST', headers, body });
    return { status: response.status, body: await response.text() };
  };
  const read = async (path: string): Promise<unknown> => (await fetch(`${address}${path}`)).json();
  const countRows = async (table: string): Promise<number> => {
    const [row] = await pipeline.ledger.query('SELECT COUNT(*) AS number FROM ??', [table]);
    return Number(row?.['number']);
  };
  const untilRows = (table: string, rows: number) => waitUntil(async () => (await countRows(table)) === rows);
  return { ...pipeline, withTables, post, read, countRows, untilRows };
};

const view = {
  visitor: '0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47',
  path: '/über 😀 \' \\ "',
  duration_ms: 0.1,
  clicks: -9_007_199_254_740_991,
  price: '12.5000',
  viewed_at: '2026-11-26T05:00:00.123Z',
  plan: 'pro',
  is_new: true,
  properties: { nested: [1, null, { text: 'ü😀' }] },
};

test('rows are recorded as they were sent, as an object, a list and lines', async (t) => {
  const { start, withTables, post, read, untilRows } = await setUp(t);
  await start('producer', withTables);
  await start('consumer', withTables);
  assert.deepEqual(await read('/tables/page_view'), {
    table: 'page_view',
    rows_count: 0,
    latest_row: null,
    hostname: ((await read('/health')) as { readonly hostname: string }).hostname,
  });
  const { price: _price, plan: _plan, properties: _properties, ...required } = view;
  const one = await post('page_view', JSON.stringify(view));
  assert.equal(one.status, 201, one.body);
  await untilRows('page_view', 1);
  assert.equal((await post('page_view', JSON.stringify([required, { ...view, properties: null }]))).status, 201);
  await untilRows('page_view', 3);
  const lines = `${JSON.stringify(view)}\n${JSON.stringify({ ...view, viewed_at: '2026-11-26T07:00:00.123+02:00' })}\n`;
  assert.equal((await post('page_view', lines, { 'content-type': 'application/x-ndjson' })).status, 201);
  await untilRows('page_view', 5);
  const { rows } = (await read('/tables/page_view/rows?after=0')) as {
    readonly rows: readonly Record<string, unknown>[];
  };
  const [first, second] = rows.map(({ id: _id, recorded_at: _at, ...row }) => row);
  assert.deepEqual(first, view);
  assert.deepEqual(second, { ...required, price: null, plan: null, properties: null });
  const total = (await read('/tables/page_view')) as { readonly rows_count: number; readonly latest_row: unknown };
  assert.equal(total.rows_count, 5);
});

test('a row that MySQL refuses becomes a dead letter alone, and is recorded after a replay', async (t) => {
  const { start, withTables, post, untilRows, countRows, command, ledger } = await setUp(t);
  const operate = (...words: string[]) => command('consumer/operator', words, withTables);
  await ledger.query("ALTER TABLE vote ADD CONSTRAINT no_blank CHECK (choice <> 'blank')");
  await start('producer', withTables);
  // All rows wait in few entries, so that the bad ones have many neighbours.
  const rows = Array.from({ length: 1_000 }, (_, weight) => ({ choice: weight % 250 === 7 ? 'blank' : 'yes', weight }));
  await Promise.all(rows.map(async (row) => assert.equal((await post('vote', JSON.stringify(row))).status, 201)));
  await start('consumer', withTables);
  await untilRows('vote', 996);
  const listed = async () => (await operate('dead-letters', 'list')).output.match(/no_blank/g)?.length ?? 0;
  await waitUntil(async () => (await listed()) === 4);
  await ledger.query('ALTER TABLE vote DROP CONSTRAINT no_blank');
  const replayed = await operate('dead-letters', 'replay', '--all');
  assert.match(replayed.output, /Put back into the queue: 4/);
  await untilRows('vote', 1_000);
  const [distinct] = await ledger.query('SELECT COUNT(DISTINCT weight) AS number FROM vote');
  assert.equal(Number(distinct?.['number']), 1_000);
  assert.equal(await countRows('vote'), 1_000);
});

test('a table that is missing, or locked, holds up itself alone', async (t) => {
  const { start, withTables, post, untilRows, ledger, read } = await setUp(t);
  await ledger.query('RENAME TABLE vote TO hidden');
  await start('producer', withTables);
  await start('consumer', withTables);
  const vote = JSON.stringify({ choice: 'yes', weight: 1 });
  const reading = JSON.stringify({ sensor: 'a', celsius: 21.5 });
  await ledger.transaction(async (query) => {
    await query('SELECT * FROM sensor_reading FOR UPDATE', []);
    for (let index = 0; index < 5; index++) {
      assert.equal((await post('vote', vote)).status, 201);
      assert.equal((await post('sensor_reading', reading)).status, 201);
    }
    assert.equal((await post('page_view', JSON.stringify(view))).status, 201);
    await untilRows('page_view', 1);
  });
  await untilRows('sensor_reading', 5);
  const waiting = (await read('/tables/vote/queue')) as { readonly waiting_batches: number };
  assert.ok(waiting.waiting_batches > 0);
  await ledger.query('RENAME TABLE hidden TO vote');
  await untilRows('vote', 5);
});

test('an error that is none of a row makes its table wait, with its number in the log, until an operator moves the entry or repairs the table', async (t) => {
  const { start, withTables, post, untilRows, command, ledger, queue } = await setUp(t);
  const operate = (...words: string[]) => command('consumer/operator', words, withTables);
  await ledger.query('ALTER TABLE vote ADD COLUMN region VARCHAR(10) NOT NULL');
  await start('producer', withTables);
  const consumer = await start('consumer', withTables);
  assert.equal((await post('vote', JSON.stringify({ choice: 'yes', weight: 1 }))).status, 201);
  assert.equal((await post('sensor_reading', JSON.stringify({ sensor: 'a', celsius: 21.5 }))).status, 201);
  await untilRows('sensor_reading', 1);
  const isLogged = (line: string) =>
    line.includes('"level":"error"') &&
    line.includes('"errno":1364') &&
    line.includes(`"partition":"${queue.partition.stream}:{vote}"`);
  await waitUntil(() => consumer.lines.some(isLogged));
  assert.match((await operate('consumers', 'status')).output, /^vote +1 batches, the oldest for .*, 0 dead letters$/m);

  const paused = await operate('consumers', 'pause', '--table', 'vote');
  assert.equal(paused.code, 1);
  const [, entry = ''] = /^ {2}(\S+) {2}delivered/m.exec(paused.output) ?? [];
  assert.equal((await operate('dead-letters', 'move', entry)).code, 0);
  assert.equal((await operate('consumers', 'resume', '--table', 'vote')).code, 0);
  assert.equal((await post('vote', JSON.stringify({ choice: 'yes', weight: 2 }))).status, 201);
  await ledger.query("ALTER TABLE vote ALTER region SET DEFAULT ''");
  await untilRows('vote', 1);
  assert.match((await operate('dead-letters', 'replay', '--all')).output, /Put back into the queue: 1/);
  await untilRows('vote', 2);
});

test('an operator pauses one table, sees its state, and verifies every table', async (t) => {
  const { start, withTables, post, read, untilRows, countRows, command, ledger } = await setUp(t);
  const operate = (...words: string[]) => command('consumer/operator', words, withTables);
  await start('producer', withTables);
  await start('consumer', withTables);
  const paused = await operate('consumers', 'pause', '--table', 'vote');
  assert.equal(paused.code, 0, paused.output);
  assert.match(paused.output, /The consumers of vote are paused\. .*rows; waiting now: 0 batches/);
  const vote = JSON.stringify({ choice: 'yes', weight: 1 });
  assert.equal((await post('vote', vote)).status, 201);
  assert.equal((await post('sensor_reading', JSON.stringify({ sensor: 'a', celsius: 21.5 }))).status, 201);
  await untilRows('sensor_reading', 1);
  const { output } = await operate('consumers', 'status');
  assert.match(output, /^paused +no$/m);
  assert.match(
    output,
    /^waiting +0 batches of counts, .*\nin flight +0 batches of counts\ndead letters +0 of counts$/m,
  );
  assert.match(output, /^vote +1 batches, the oldest for \d+\.\d s, 0 dead letters, paused$/m);
  assert.match(output, /^sensor_reading +0 batches, .*, 0 dead letters$/m);
  assert.match(
    (await operate('consumers', 'status', '--table', 'vote')).output,
    /^paused +yes\n[^]*waiting +1 batches/,
  );
  assert.equal(await countRows('vote'), 0);
  assert.equal((await operate('consumers', 'resume', '--table', 'vote')).code, 0);
  await untilRows('vote', 1);

  assert.match(
    (await operate('verify')).output,
    /^totals {2}0 of counts\nrows {4}0 of counts\n[^]*^totals {2}1 of vote\nrows {4}1 of vote$/m,
  );
  await ledger.query('DELETE FROM vote');
  await ledger.query('RENAME TABLE sensor_reading TO hidden');
  const found = await operate('consumers', 'status');
  assert.match(found.output, /^warning +MySQL has no table sensor_reading/m);
  const isFound = async () => JSON.stringify(await read('/ready')).includes('"table_missing"');
  await waitUntil(isFound);
  const verified = await operate('verify');
  assert.equal(verified.code, 1);
  assert.match(verified.output, /totals of vote are off by 1/);
  assert.match(verified.output, /Not verified: sensor_reading\. .*doesn't exist/);

  const unknown = await operate('consumers', 'pause', '--table', 'other');
  assert.deepEqual(unknown, {
    code: 1,
    output: 'other is no declared table. Declared: page_view, sensor_reading, vote.\n',
  });
  for (const words of ['verify --table vote', 'dead-letters list --table', 'consumers adopt --table vote']) {
    const { code, output: usage } = await operate(...words.split(' '));
    assert.equal(code, 2, words);
    assert.match(usage, /dead-letters -- list .* entries that could not be recorded/);
  }
});

test('entries of a table that is not declared any more are a finding, until its queue is empty', async (t) => {
  const { start, post, read, command, ledger, isDrained } = await setUp(t);
  const declared = { TABLES_FILE: join(import.meta.dirname, '../servers/releases/old-tables.ts') };
  const removed = { TABLES_FILE: join(import.meta.dirname, '../servers/releases/no-tables.ts') };
  const first = await start('producer', declared);
  assert.equal((await post('vote', JSON.stringify({ choice: 'yes', weight: 1 }))).status, 201);
  await first.end('SIGTERM');
  const second = await start('producer', removed);
  const consumer = await start('consumer', removed);
  const isFound = async () => JSON.stringify(await read('/ready')).includes('"table_undeclared"');
  const status = async (environment: typeof declared) =>
    (await command('consumer/operator', ['consumers', 'status'], environment)).output;
  await waitUntil(isFound);
  await waitUntil(() => consumer.lines.some((line) => line.includes('"table_undeclared"')));
  const warning =
    /^warning +The queue has entries or dead letters of vote, a table that is not declared\. .* Declare it again/m;
  assert.match(await status(removed), warning);
  assert.doesNotMatch(await status(declared), warning);

  await start('consumer', declared);
  await waitUntil(async () => (await ledger.query('SELECT id FROM vote')).length === 1);
  await waitUntil(async () => !(await isFound()));
  assert.doesNotMatch(await status(removed), warning);
  assert.ok(!second.hasEnded() && (await isDrained()));
});

test('the dead letters of one table are listed, replayed and dropped', async (t) => {
  const { start, withTables, post, untilRows, command, ledger } = await setUp(t);
  const operate = (...words: string[]) => command('consumer/operator', words, withTables);
  await ledger.query("ALTER TABLE vote ADD CONSTRAINT no_blank CHECK (choice <> 'blank')");
  await ledger.query('ALTER TABLE sensor_reading ADD CONSTRAINT warm CHECK (celsius > 0)');
  await start('producer', withTables);
  await start('consumer', withTables);
  assert.equal((await post('vote', JSON.stringify({ choice: 'blank', weight: 1 }))).status, 201);
  assert.equal((await post('sensor_reading', JSON.stringify({ sensor: 'a', celsius: -1 }))).status, 201);
  const list = async (...words: string[]) => (await operate('dead-letters', 'list', ...words)).output;
  await waitUntil(async () => /no_blank[^]*warm|warm[^]*no_blank/.test(await list()));
  const ofVote = await list('--table', 'vote');
  assert.match(ofVote, /no_blank/);
  assert.doesNotMatch(ofVote, /warm/);
  await ledger.query('ALTER TABLE vote DROP CONSTRAINT no_blank');
  await ledger.query('ALTER TABLE sensor_reading DROP CONSTRAINT warm');
  assert.match((await operate('dead-letters', 'replay', '--all', '--table', 'vote')).output, /queue: 1/);
  await untilRows('vote', 1);
  assert.match((await operate('dead-letters', 'drop', '--all', '--table', 'vote')).output, /permanently: 0/);
  assert.match((await operate('dead-letters', 'drop', '--all', '--table', 'sensor_reading')).output, /permanently: 1/);
});
