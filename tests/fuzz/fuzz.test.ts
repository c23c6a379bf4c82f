import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { createTestTables, tablesFile } from '@sluice/test-servers/tables.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import * as fc from 'fast-check';
import { attack, createAttacker } from './attacker.ts';
import { createLedgerModel, type LedgerModel } from './ledger-model.ts';
import { findBreach } from './contract.ts';
import { token } from './oracle.ts';
import { measuredEnvironment, readResidentKib } from './memory.ts';
import { sendAndWait, trickle, unfinished } from './requests/slow.ts';
import { openWire } from './requests/wire.ts';
import { columnsByTable } from './rows/columns.ts';
import { readRecordedRows } from './rows/read-recorded.ts';

// Fuzzing with malformed and malicious HTTP. The requests are drawn from a seed (requests.ts,
// smuggling.ts, broken.ts). Their correct outcomes are computed without the producer's code
// (oracle.ts, rows). Each answer is checked against the contract (contract.ts). At the end the ledger
// must hold exactly the acknowledged counts and rows (ledger-model.ts).

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_122);
const path = process.env['FUZZ_PATH'];
const lanes = 16;
const leastRequests = 50_000;
// An attack has at least one request.
const attacksPerLane = Math.ceil(leastRequests / 2 / lanes);
const connectionsAtOnce = 500;
const mostGrowth = 1.1;

const startTarget = async (t: TestContext) => {
  const pipeline = await createPipeline(t);
  await createTestTables(pipeline.ledger.query);
  const environment = { TABLES_FILE: tablesFile };
  const producer = await pipeline.start('producer', { ...environment, ...measuredEnvironment, API_TOKENS: token });
  await pipeline.start('consumer', environment);
  return { ...pipeline, producer, port: Number(new URL(pipeline.address).port) };
};

/**
 * Attacks over several connections at once, each with attacks drawn from a seed of its own. Throws
 * with the first attack that succeeds, its seed and its path.
 */
const attackAll = async (port: number, model: LedgerModel, firstSeed: number) => {
  const attackers = Array.from({ length: lanes }, () => createAttacker(port, model));
  const runLane = ({ run }: (typeof attackers)[number], lane: number) =>
    fc.assert(fc.asyncProperty(attack, run), {
      ...{ seed: firstSeed + lane, numRuns: attacksPerLane, endOnFailure: true, includeErrorInReport: true },
    });
  await Promise.all(attackers.map(runLane));
  for (const { close } of attackers) close();
  const statuses = attackers.map((attacker) => Object.fromEntries(attacker.statuses));
  return { sent: attackers.reduce((sum, { sent }) => sum + sent(), 0), statuses };
};

type Pipeline = Awaited<ReturnType<typeof startTarget>>;

/** Returns how often each count and each row is recorded. */
const readRecorded = async ({ ledger }: Pipeline): Promise<Map<string, number>> => {
  const recorded = new Map<string, number>();
  const counts = await ledger.readCounts();
  for (const item of [...counts.map(String), ...(await readRecordedRows(ledger.query))])
    recorded.set(item, (recorded.get(item) ?? 0) + 1);
  return recorded;
};

/** Returns true if nothing waits in the queue of the counts and in those of the tables. */
const isDrained = async ({ queue: { admin, partition } }: Pipeline): Promise<boolean> => {
  const streams = ['', ...Object.keys(columnsByTable).map((table) => `:{${table}}`)];
  const lengths = await Promise.all(streams.map((stream) => admin.xLen(partition.stream + stream)));
  return lengths.every((length) => length === 0);
};

/** Returns the numbers of recorded counts and rows that Sluice reports. */
const readTotals = async ({ ledger }: Pipeline): Promise<number> => {
  const [tables] = await ledger.query('SELECT COALESCE(SUM(rows_count), 0) AS total FROM table_totals');
  return (await ledger.readTotals()) + Number(tables?.['total']);
};

test('under fuzzing, answers keep the contract, memory does not grow, and acknowledged counts and rows are recorded once', async (t) => {
  const pipeline = await startTarget(t);
  const { port, producer } = pipeline;
  const model = createLedgerModel();
  const again = `FUZZ_SEED=${seed} npm test -- tests/fuzz/fuzz.test.ts`;
  t.diagnostic(`again: ${again}; one attack alone and smaller: FUZZ_SEED and FUZZ_PATH of a failure`);
  if (path !== undefined) {
    // One attack alone, made smaller as long as the producer lives.
    const property = fc.asyncProperty(attack, (its) => {
      fc.pre(!producer.hasEnded());
      return createAttacker(port, model).run(its);
    });
    await fc.assert(property, { seed, path, numRuns: 1, includeErrorInReport: true });
    return;
  }

  // These results are checked last, so earlier failures are reported first.
  const slow = Promise.allSettled(unfinished.map((bytes) => sendAndWait(port, bytes)));
  const trickled = Array.from({ length: 20 }, (_, index) => index);
  model.sending('a request a byte at a time', trickled.map(String));
  const trickling = Promise.allSettled(trickled.map((count) => trickle(port, count)));

  const startedAt = performance.now();
  const first = await attackAll(port, model, seed);
  const firstKib = await readResidentKib(producer);
  const second = await attackAll(port, model, seed + lanes);
  const secondKib = await readResidentKib(producer);
  const tookMs = performance.now() - startedAt;

  for (const [index, answer] of (await slow).entries()) {
    const what = JSON.stringify([unfinished[index], answer]);
    assert.ok(answer.status === 'fulfilled' && answer.value !== 'ended' && answer.value.status === 408, what);
    assert.equal(findBreach({ method: 'POST', path: '/count', isNoHttp: true }, answer.value), undefined, what);
  }
  for (const answer of await trickling) {
    assert.ok(answer.status === 'fulfilled' && answer.value !== 'ended' && answer.value.status === 201);
  }
  model.acknowledge(trickled.map(String));

  const sent = first.sent + second.sent;
  t.diagnostic(`${sent} requests in ${Math.round(tookMs)} ms; ${model.total()} counts and rows acknowledged`);
  t.diagnostic(`statuses: ${JSON.stringify([first, second].map(({ statuses }) => statuses))}`);
  t.diagnostic(`resident: ${firstKib} KiB after the first half, ${secondKib} KiB after the second`);
  assert.ok(sent >= leastRequests);
  assert.ok(secondKib <= firstKib * mostGrowth, `${firstKib} KiB grew to ${secondKib} KiB`);

  assert.ok(!producer.hasEnded(), 'the producer has ended');
  const health = await fetch(`http://127.0.0.1:${port}/health`);
  assert.equal(health.status, 200);

  await waitUntil(() => isDrained(pipeline));
  const recorded = await readRecorded(pipeline);
  assert.deepEqual(model.findImbalance(recorded), [], `again: ${again}`);
  assert.equal(
    await readTotals(pipeline),
    [...recorded.values()].reduce((sum, times) => sum + times, 0),
  );
});

test(`${connectionsAtOnce} connections at once are all answered`, async (t) => {
  const { port, untilRecorded } = await startTarget(t);
  const request =
    `POST /count HTTP/1.1\r\nHost: sluice\r\nAuthorization: Bearer ${token}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 11\r\n\r\n{"count":1}';
  const wires = await Promise.all(Array.from({ length: connectionsAtOnce }, () => openWire(port)));
  for (const wire of wires) wire.write(request);
  const answers = await Promise.all(wires.map((wire) => wire.read('POST')));
  for (const wire of wires) wire.drop();
  assert.deepEqual(new Set(answers.map((answer) => (answer === 'ended' ? answer : answer.status))), new Set([201]));
  await untilRecorded(connectionsAtOnce);
});
