import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createProxy } from '@sluice/test-servers/proxy/proxy.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

const batchId = (number: number) => number.toString(16).padStart(32, '0');

test('on SIGTERM a consumer finishes its entries and exits with 0, and nothing stays pending', async (t) => {
  const { start, post, untilRecorded, countWaiting, queue, ledger } = await createPipeline(t);
  await start('producer');
  const consumer = await start('consumer');
  await post(1);
  await untilRecorded(1);
  const posts = Promise.all(Array.from({ length: 50 }, (_, index) => post(index + 2)));
  const ended = consumer.end('SIGTERM');
  await posts;
  const { code, ms } = await ended;
  assert.equal(code, 0);
  assert.ok(ms < 10_000, `it took ${ms} ms`);
  const { pending } = await queue.admin.xPending(queue.partition.stream, 'ledger');
  assert.equal(pending, 0);
  assert.equal((await ledger.readCounts()).length + (await countWaiting()), 51);
});

test('on SIGTERM a producer answers its requests and exits with 0', async (t) => {
  const { start, post, countWaiting } = await createPipeline(t);
  const producer = await start('producer');
  await post(1);
  const posts = Promise.allSettled(Array.from({ length: 20 }, (_, index) => post(index + 2)));
  const { code, ms } = await producer.end('SIGTERM');
  assert.equal(code, 0);
  assert.ok(ms < 10_000, `it took ${ms} ms`);
  const acknowledged = (await posts).filter(({ status }) => status === 'fulfilled').length;
  assert.ok((await countWaiting()) >= acknowledged + 1);
});

test('a request that waits for Redis at SIGTERM still gets its answer', async (t) => {
  const { start, post, address, countWaiting, environment } = await createPipeline(t);
  const proxy = await createProxy(t, Number(environment['REDIS_PORT']));
  const producer = await start('producer', { REDIS_PORT: String(proxy.port) });
  await post(1);
  proxy.swallowReplies(true);
  const answering = fetch(`${address}/count`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"count":2}',
  });
  await waitUntil(async () => (await countWaiting()) >= 2);
  const ended = producer.end('SIGTERM');
  await waitUntil(() => producer.lines.some((line) => line.includes('"msg":"stopping"')));
  proxy.swallowReplies(false);
  // The status depends on the duration of the steps above.
  assert.match(String((await answering).status), /^(201|503)$/);
  assert.equal((await ended).code, 0);
});

test('entries of a frozen consumer are claimed within 30 s, and not recorded again when it thaws', async (t) => {
  const { start, post, untilRecorded, ledger, queue } = await createPipeline(t);
  await start('producer');
  const frozen = await start('consumer');
  let posted = 0;
  // Its read is open at Redis, which delivers the next entry to it. A freeze between two reads gets
  // no entry. The consumer is then resumed and frozen again.
  await waitUntil(async () => {
    process.kill(frozen.pid, 'SIGSTOP');
    await post(++posted);
    const { pending } = await queue.admin.xPending(queue.partition.stream, 'ledger');
    if (pending === 1) return true;
    process.kill(frozen.pid, 'SIGCONT');
    await untilRecorded(posted);
    return false;
  });
  await start('consumer');
  await post(++posted);
  await untilRecorded(posted, 30_000);
  process.kill(frozen.pid, 'SIGCONT');
  assert.equal((await frozen.end('SIGTERM')).code, 0);
  assert.deepEqual(
    new Set(await ledger.readCounts()),
    new Set(Array.from({ length: posted }, (_, index) => index + 1)),
  );
  assert.equal(await ledger.readTotals(), posted);
});

test('a connection that MySQL ended for idleness is replaced, and leaves only JSON in the log', async (t) => {
  const { start, queue, untilRecorded, ledger } = await createPipeline(t);
  // It registers the partitions. Later its sessions would count too.
  await (await start('producer')).end('SIGTERM');
  const add = (count: number) => queue.admin.xAdd(queue.partition.stream, '*', { b: batchId(count), v: String(count) });
  const consumer = await start('consumer');
  await add(1);
  await untilRecorded(1);
  const sessions = async () => {
    const [row] = await ledger.query(
      'SELECT COUNT(*) AS sessions FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
    );
    return Number(row?.['sessions']);
  };
  assert.ok((await sessions()) > 0);
  // Frozen, it cannot end the connection itself. MySQL says so before it does (error 4031).
  process.kill(consumer.pid, 'SIGSTOP');
  await waitUntil(async () => (await sessions()) === 0);
  // Thawed, it reads the entry and that error in any order.
  await add(2);
  process.kill(consumer.pid, 'SIGCONT');
  await untilRecorded(2);
  for (const line of consumer.lines) JSON.parse(line);
  assert.equal((await consumer.end('SIGTERM')).code, 0);
});

test('an outage of MySQL longer than the watchdog timeout kills no consumer', async (t) => {
  const pipeline = await createPipeline(t);
  const proxy = await createProxy(t, Number(pipeline.environment['DB_PORT']));
  await pipeline.start('producer');
  const consumer = await pipeline.start('consumer', { DB_PORT: String(proxy.port), WATCHDOG_MS: '6000' });
  // A consumer reads nothing before MySQL has returned the id of its database.
  await pipeline.post(1);
  await pipeline.untilRecorded(1);
  proxy.refuse(true);
  proxy.cut();
  await pipeline.post(2);
  const retries = () => consumer.lines.filter((line) => line.includes('could not record')).length;
  const startedAt = performance.now();
  await waitUntil(() => retries() >= 5 && performance.now() - startedAt > 12_000);
  assert.equal(consumer.hasEnded(), false);
  proxy.refuse(false);
  await pipeline.untilRecorded(2);
});

test('an entry that cannot be parsed becomes a dead letter, its neighbours are recorded, and commands handle it', async (t) => {
  const { start, post, operate, untilRecorded, queue, ledger } = await createPipeline(t);
  const { admin, partition } = queue;
  await start('producer');
  await post(1);
  await admin.xAdd(partition.stream, '*', { b: batchId(7), v: '5,six' });
  await admin.xAdd(partition.stream, '*', { b: 'x', v: '5' });
  await post(2);
  const consumer = await start('consumer');
  await untilRecorded(2);
  // All in the first read: entries that a read passes over are claimed later.
  assert.ok(!consumer.lines.some((line) => line.includes('claimed entries')));

  const list = await operate('dead-letters', 'list');
  assert.equal(list.code, 0);
  const names = list.output
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
  assert.equal(names.length, 2);
  const shown = await operate('dead-letters', 'show', names[0] ?? '');
  assert.match(shown.output, /reason +field v is not a list/);
  assert.match(shown.output, /v = 5,six/);

  const dropped = await operate('dead-letters', 'drop', names[1] ?? '');
  assert.deepEqual(dropped, { code: 0, output: 'Removed permanently: 1\n' });
  const replayed = await operate('dead-letters', 'replay', '--all');
  assert.deepEqual(replayed, { code: 0, output: 'Put back into the queue: 1\n' });
  // The entry is still malformed, so it becomes a dead letter again.
  await waitUntil(async () => (await operate('dead-letters', 'list')).output.includes('field v'));
  assert.equal((await operate('dead-letters', 'show', names[0] ?? '')).code, 1);
  assert.equal((await operate('dead-letters', 'burn')).code, 2);
  assert.equal((await ledger.readCounts()).length, 2);
  assert.deepEqual((await operate('verify')).code, 0);
});

test('an operator moves an entry that cannot be recorded, and a later replay records it once', async (t) => {
  const { start, post, operate, untilRecorded, queue, ledger } = await createPipeline(t);
  const { admin, partition } = queue;
  await ledger.query('ALTER TABLE `count` ADD CONSTRAINT no_13 CHECK (count_value <> 13)');
  await start('producer');
  const consumer = await start('consumer');
  await post(13);
  await waitUntil(() => consumer.lines.some((line) => line.includes('could not record')));
  const [entry] = (await admin.xRange(partition.stream, '-', '+')) ?? [];
  const name = `${partition.stream}/${entry?.id}`;
  const early = await operate('dead-letters', 'move', name);
  assert.equal(early.code, 1);
  assert.match(early.output, /may be recording it\. Pause the consumers first: npm run consumers -- pause/);

  const paused = await operate('consumers', 'pause');
  assert.equal(paused.code, 1);
  assert.ok(paused.output.includes(`  ${name}  delivered `), paused.output);
  assert.match(paused.output, /npm run dead-letters -- move NAME/);
  assert.ok(consumer.lines.some((line) => line.includes('leaving the entries to be claimed')));
  await admin.set(partition.deadLetters, 'no stream');
  const refused = await operate('dead-letters', 'move', name);
  assert.equal(refused.code, 1);
  assert.ok(refused.output.includes(`RENAME '${partition.deadLetters}' NEW-NAME`), refused.output);
  await admin.del(partition.deadLetters);
  assert.deepEqual(await operate('dead-letters', 'move', name), {
    code: 0,
    output: `Moved to the dead letters: ${name}\n`,
  });
  assert.equal((await operate('dead-letters', 'move', name)).code, 1);
  assert.equal((await operate('consumers', 'pause')).code, 0);
  assert.equal((await operate('consumers', 'resume')).code, 0);
  // No consumer records the moved entry, although it could be recorded now.
  await ledger.query('ALTER TABLE `count` DROP CONSTRAINT no_13');
  await post(1);
  await untilRecorded(1);
  assert.deepEqual(await ledger.readCounts(), [1]);
  assert.match((await operate('dead-letters', 'list')).output, /an operator moved it here/);
  assert.equal((await operate('dead-letters', 'replay', '--all')).code, 0);
  await untilRecorded(2);
  assert.deepEqual(await ledger.readCounts(), [1, 13]);
});

test('paused consumers record nothing while the queue accepts counts, and continue after the resume', async (t) => {
  const { start, post, operate, countWaiting, untilRecorded, ledger } = await createPipeline(t);
  await start('producer');
  await start('consumer');
  await post(1);
  await untilRecorded(1);
  const paused = await operate('consumers', 'pause');
  assert.equal(paused.code, 0, paused.output);
  for (let count = 0; count < 20; count++) await post(count);
  const { output } = await operate('consumers', 'status');
  assert.match(output, /paused +yes/);
  // A process counts as one consumer, regardless of its number of loops.
  assert.match(output, /consumers +1$/m);
  assert.equal((await ledger.readCounts()).length, 1);
  assert.equal(await countWaiting(), 20);
  assert.equal((await operate('consumers', 'resume')).code, 0);
  await untilRecorded(21);
});

test('verify finds rows that something other than Sluice changed', async (t) => {
  const { operate, ledger } = await createPipeline(t);
  assert.equal((await operate('verify')).code, 0);
  await ledger.query('INSERT INTO `count` (count_value) VALUES (1)');
  const { code, output } = await operate('verify');
  assert.equal(code, 1);
  assert.match(output, /totals +0\nrows +1\n.*off by -1/);
});

test('entries of partitions that no producer uses any more are recorded', async (t) => {
  const { start, post, untilRecorded } = await createPipeline(t);
  const wide = await start('producer', { QUEUE_PARTITIONS: '5' });
  for (let count = 0; count < 20; count++) await post(count);
  assert.equal((await wide.end('SIGTERM')).code, 0);
  await start('producer', { QUEUE_PARTITIONS: '2' });
  for (let count = 0; count < 5; count++) await post(count);
  await start('consumer');
  await untilRecorded(25);
});
