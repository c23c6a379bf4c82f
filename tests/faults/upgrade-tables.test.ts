import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readMigrations } from '@sluice/ledger/read-migrations.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

// A release with one more column is rolled out under load, in either order. Nothing is lost, and
// nothing is recorded twice.

const releases = join(import.meta.dirname, '../servers/releases');
const oldRelease = { TABLES_FILE: join(releases, 'old-tables.ts') };
const newRelease = { TABLES_FILE: join(releases, 'new-tables.ts') };
const clients = 4;
const pauseMs = 10;
const recordedWithinMs = 60_000;

type Target = { readonly address: string; readonly hasReason: boolean };

/** Posts distinct votes, one after the other by each client, to a target that may change. */
const startVotes = (t: TestContext, first: Target) => {
  /** The reason of each vote that was acknowledged, by its number. */
  const acknowledged = new Map<number, string | null>();
  const unacknowledged = new Set<number>();
  const oddAnswers: string[] = [];
  let target = first;
  let next = 0;
  let isStopping = false;
  const client = async () => {
    while (!isStopping) {
      const { address, hasReason } = target;
      const weight = next++;
      const reason = hasReason ? `reason ${weight}` : null;
      const vote = { choice: 'yes', weight, ...(hasReason ? { reason } : {}) };
      try {
        const response = await fetch(`${address}/tables/vote/rows`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(vote),
        });
        const text = await response.text();
        if (response.status === 201) acknowledged.set(weight, reason);
        else unacknowledged.add(weight);
        if (response.status !== 201 && response.status !== 503) oddAnswers.push(text);
      } catch {
        unacknowledged.add(weight);
      }
      await pause(pauseMs);
    }
  };
  const working = Array.from({ length: clients }, client);
  const stop = async () => {
    isStopping = true;
    await Promise.all(working);
  };
  t.after(stop);
  const more = async () => {
    const enough = acknowledged.size + 100;
    await waitUntil(() => acknowledged.size >= enough);
  };
  const switchTo = (another: Target) => (target = another);
  return { acknowledged, unacknowledged, oddAnswers, more, switchTo, stop };
};

/** Starts the old release under load. `upgradeDatabase` runs the set-up of the new one. */
const setUp = async (t: TestContext) => {
  const pipeline = await createPipeline(t);
  const { ledger, command, address, start } = pipeline;
  const [create] = await readMigrations(join(releases, 'migrations'));
  await ledger.query(create?.statement ?? '');
  const producer = await start('producer', oldRelease);
  const consumer = await start('consumer', oldRelease);
  const votes = startVotes(t, { address, hasReason: false });
  await votes.more();
  const upgradeDatabase = async () => {
    const { code, output } = await command('database-setup', [], newRelease);
    assert.equal(code, 0, output);
    await votes.more();
  };
  /** Starts a new producer, sends it all votes, and then ends the old one. */
  const upgradeProducer = async () => {
    const port = await findFreePort();
    await start('producer', { ...newRelease, HTTP_PORT: String(port) });
    votes.switchTo({ address: `http://127.0.0.1:${port}`, hasReason: true });
    assert.equal((await producer.end('SIGTERM')).code, 0);
    await votes.more();
  };
  const upgradeConsumer = async () => {
    await start('consumer', newRelease);
    assert.equal((await consumer.end('SIGTERM')).code, 0);
  };
  const readVotes = async () => {
    const rows = await ledger.query('SELECT weight, reason FROM vote');
    return rows.map(({ weight, reason }) => [Number(weight), reason === null ? null : String(reason)] as const);
  };
  /** Asserts that all acknowledged votes are recorded once, with what was sent. */
  const assertAllRecorded = async () => {
    const findLost = async () => {
      const recorded = new Map(await readVotes());
      return [...votes.acknowledged].filter(([weight, reason]) => recorded.get(weight) !== reason);
    };
    await waitUntil(async () => (await findLost()).length === 0, recordedWithinMs).catch(() => undefined);
    assert.deepEqual(await findLost(), []);
    const recorded = await readVotes();
    assert.equal(new Set(recorded.map(([weight]) => weight)).size, recorded.length);
    for (const [weight] of recorded) assert.ok(votes.acknowledged.has(weight) || votes.unacknowledged.has(weight));
    const [total] = await ledger.query('SELECT SUM(rows_count) AS total FROM table_totals');
    assert.equal(Number(total?.['total']), recorded.length);
    assert.deepEqual(votes.oddAnswers, []);
  };
  return { ...pipeline, votes, upgradeDatabase, upgradeProducer, upgradeConsumer, readVotes, assertAllRecorded };
};

test('after an upgrade of the consumers first, rows of older producers have NULL in the new column', async (t) => {
  const { votes, upgradeDatabase, upgradeConsumer, upgradeProducer, readVotes, assertAllRecorded } = await setUp(t);
  await upgradeDatabase();
  await upgradeConsumer();
  const before = (await readVotes()).length;
  await votes.more();
  await waitUntil(async () => (await readVotes()).length > before);
  await upgradeProducer();
  await votes.stop();
  await assertAllRecorded();
  const reasons = [...votes.acknowledged.values()];
  assert.ok(reasons.includes(null) && reasons.some((reason) => reason !== null));
});

test('after an upgrade of the producers first, rows with the new column become dead letters, and a replay records them', async (t) => {
  const pipeline = await setUp(t);
  const { votes, upgradeDatabase, upgradeConsumer, upgradeProducer, readVotes, assertAllRecorded, command } = pipeline;
  const operate = (...words: string[]) => command('consumer/operator', words, newRelease);
  await upgradeDatabase();
  await upgradeProducer();
  const findDeadLetters = async () => (await operate('dead-letters', 'list', '--table', 'vote')).output;
  await waitUntil(async () =>
    /columns that this release does not know \(reason\).*replay it after the upgrade/.test(await findDeadLetters()),
  );
  assert.ok((await readVotes()).every(([, reason]) => reason === null));
  await upgradeConsumer();
  await votes.stop();
  const { output } = await operate('dead-letters', 'replay', '--all', '--table', 'vote');
  assert.match(output, /Put back into the queue: [1-9]/);
  await assertAllRecorded();
});
