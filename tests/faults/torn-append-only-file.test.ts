import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { repairAppendOnlyFile } from '@sluice/local/servers/repair-append-only-file.ts';
import { openAdmin } from '@sluice/test-servers/queue.ts';
import { startLocalRedis } from '@sluice/test-servers/servers-of-npm-start.ts';

const stream = 'entries';
// The stream of entries that the tests write into the file. Redis assigns their ids when it loads
// the file. They are later than the ids of the entries that follow in the file.
const streamOfFile = 'entries-of-the-file';

const encode = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

// An entry may contain bytes that look like a command.
const add = encode('XADD', streamOfFile, '*', 'counts', encode('MULTI'));
const transaction = `${encode('MULTI')}${add}${add}${encode('EXEC')}`;

const setUp = async (test: TestContext) => {
  const redis = await startLocalRedis(test);
  const folder = join(redis.folder, 'appendonlydir');
  const findFile = () => {
    const name = readdirSync(folder).findLast((one) => one.endsWith('.incr.aof'));
    assert.ok(name !== undefined);
    return join(folder, name);
  };
  // This client reconnects by itself after each start.
  const admin = await openAdmin(test, redis.server.port, redis.server.password);
  /** Adds one entry, then two in a transaction; resolves when Redis has acknowledged them. */
  const acknowledge = async () => {
    await admin.xAdd(stream, '*', { counts: encode('EXEC') });
    const fields = { counts: '1' };
    await admin.multi().xAdd(stream, '*', fields).xAdd(stream, '*', fields).exec();
  };
  const count = async () => (await admin.xLen(stream)) + (await admin.xLen(streamOfFile));
  return { redis, findFile, acknowledge, count };
};

for (const end of ['kill', 'stop'] as const) {
  test(`counts acknowledged after Redis was killed in a transaction survive the next ${end}`, async (t) => {
    const { redis, findFile, acknowledge, count } = await setUp(t);
    await acknowledge();
    await redis.kill();
    const file = findFile();
    const whole = readFileSync(file);
    const left = `${encode('MULTI')}${add}${add.slice(0, -4)}`;
    appendFileSync(file, left);
    await redis.restart();
    assert.equal(await count(), 3);
    await acknowledge();
    await redis[end]();
    await redis.restart();
    assert.equal(await count(), 6);
    assert.deepEqual(readFileSync(file).subarray(0, whole.length), whole);
    assert.deepEqual(redis.said, [
      `Redis was killed during a write. Sluice cut the unfinished ${left.length} bytes from the end of appendonly.aof.1.incr.aof`,
    ]);
  });
}

test('wherever in its file Redis is killed, only the unfinished end is cut', async (t) => {
  const { redis, findFile, acknowledge, count } = await setUp(t);
  await acknowledge();
  await redis.kill();
  const file = findFile();
  const whole = readFileSync(file);
  const steps = Array.from({ length: 12 }, (_, step) => Math.round(((step + 1) * (transaction.length - 1)) / 12));
  for (const length of steps) {
    appendFileSync(file, transaction.slice(0, length));
    await redis.restart();
    await redis.kill();
    assert.deepEqual(readFileSync(file), whole);
  }
  assert.equal(redis.said.length, steps.length);
  appendFileSync(file, transaction);
  await redis.restart();
  assert.equal(await count(), 5);
  assert.equal(redis.said.length, steps.length);
});

test('an open transaction closed by a later one is not cut, because Redis loads it', async (t) => {
  const { redis, findFile, acknowledge, count } = await setUp(t);
  await acknowledge();
  await redis.kill();
  appendFileSync(findFile(), `${encode('MULTI')}${add}${transaction}`);
  await redis.restart();
  assert.equal(await count(), 6);
  assert.deepEqual(redis.said, []);
});

test('a file larger than the read buffer is cut at the right place', async (t) => {
  const { redis, findFile, acknowledge, count } = await setUp(t);
  await acknowledge();
  await redis.kill();
  const large = encode('XADD', streamOfFile, '*', 'counts', 'x'.repeat(700_001));
  appendFileSync(findFile(), large.repeat(5) + encode('XADD', streamOfFile, '*', 'counts', 'x'.repeat(3_000_000)));
  appendFileSync(findFile(), `${transaction}${encode('MULTI')}${large}`);
  await redis.restart();
  assert.equal(await count(), 11);
  await acknowledge();
  await redis.kill();
  await redis.restart();
  assert.equal(await count(), 14);
});

test('a file that is damaged before its end is left unchanged', async (t) => {
  const { redis, findFile, acknowledge } = await setUp(t);
  await acknowledge();
  await redis.kill();
  const file = findFile();
  const whole = readFileSync(file);
  const damaged = `${encode('MULTI')}?${add}`;
  appendFileSync(file, damaged);
  assert.deepEqual(await repairAppendOnlyFile(redis.folder), { file: 'appendonly.aof.1.incr.aof', cutBytes: 0 });
  assert.equal(readFileSync(file).length, whole.length + damaged.length);
  truncateSync(file, whole.length);
  await redis.restart();
});
