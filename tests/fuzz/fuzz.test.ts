import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import * as fc from 'fast-check';
import { attack, createAttacker } from './attacker.ts';
import { createLedgerModel, type LedgerModel } from './ledger-model.ts';
import { findBreach } from './contract.ts';
import { token } from './oracle.ts';
import { measuredEnvironment, readResidentKib } from './memory.ts';
import { sendAndWait, trickle, unfinished } from './requests/slow.ts';
import { openWire } from './requests/wire.ts';

// Fuzzing with malformed and malicious HTTP. The requests are drawn from a seed (requests.ts,
// smuggling.ts, broken.ts). Their correct outcomes are computed without the producer's code
// (oracle.ts). Each answer is checked against the contract (contract.ts). At the end the ledger must
// hold exactly the acknowledged counts (ledger-model.ts).

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
  const environment = { ...measuredEnvironment, API_TOKENS: token };
  const producer = await pipeline.start('producer', environment);
  await pipeline.start('consumer');
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

type Ledger = Awaited<ReturnType<typeof createPipeline>>['ledger'];

const readRecorded = async (ledger: Ledger): Promise<Map<number, number>> => {
  const recorded = new Map<number, number>();
  for (const count of await ledger.readCounts()) recorded.set(count, (recorded.get(count) ?? 0) + 1);
  return recorded;
};

test('under fuzzing, answers keep the contract, memory does not grow, and acknowledged counts are recorded once', async (t) => {
  const { port, producer, ledger, countWaiting } = await startTarget(t);
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
  model.sending('a request a byte at a time', trickled);
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
  model.acknowledge(trickled);

  const sent = first.sent + second.sent;
  t.diagnostic(`${sent} requests in ${Math.round(tookMs)} ms; ${model.total()} counts acknowledged`);
  t.diagnostic(`statuses: ${JSON.stringify([first, second].map(({ statuses }) => statuses))}`);
  t.diagnostic(`resident: ${firstKib} KiB after the first half, ${secondKib} KiB after the second`);
  assert.ok(sent >= leastRequests);
  assert.ok(secondKib <= firstKib * mostGrowth, `${firstKib} KiB grew to ${secondKib} KiB`);

  assert.ok(!producer.hasEnded(), 'the producer has ended');
  const health = await fetch(`http://127.0.0.1:${port}/health`);
  assert.equal(health.status, 200);

  try {
    await waitUntil(async () => model.isComplete(await readRecorded(ledger)) && (await countWaiting()) === 0);
  } catch {
    // Missing counts are reported below.
  }
  const recorded = await readRecorded(ledger);
  assert.deepEqual(model.findImbalance(recorded), [], `again: ${again}`);
  assert.equal(await ledger.readTotals(), (await ledger.readCounts()).length);
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
