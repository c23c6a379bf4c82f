import { test, type TestContext } from 'node:test';
import { startEnvoy } from '@sluice/test-servers/reverse-proxies/envoy.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { assertRecordedOnce, endure, type Process } from './endure.ts';
import { shapes } from './shapes.ts';

// `npm run test:attacks [-- --test-name-pattern=…]`: one attacker next to three healthy clients.
// All share one IP address, which is the worst case.

// The limit for all attacks together.
const timeout = 1_200_000;
const maxAttempts = 3;

/**
 * Repeats an attack up to three times and passes if one attempt passes. A failure may come from
 * other load on the machine. It does not repeat when a server has ended.
 */
const endureOnce = async (t: TestContext, endurance: Parameters<typeof endure>[1], attempt = 1): Promise<void> => {
  try {
    await endure(t, endurance);
  } catch (error) {
    if (attempt === maxAttempts || endurance.servers.some((server) => server.hasEnded())) throw error;
    t.diagnostic(`again, after: ${error instanceof Error ? error.message : String(error)}`);
    await endureOnce(t, endurance, attempt + 1);
  }
};

const endureAll = async (t: TestContext, port: number, servers: readonly Process[]): Promise<void> => {
  for (const shape of Object.keys(shapes)) {
    await t.test(shape, (its) => endureOnce(its, { shape, port, servers }));
  }
};

test('a producer serves others while it is attacked', { timeout }, async (t) => {
  const { start, address, ledger } = await createPipeline(t);
  const producer = await start('producer');
  await start('consumer');
  await endureAll(t, Number(new URL(address).port), [producer]);
  await assertRecordedOnce(ledger.readCounts);
});

test('a producer behind Envoy serves others while Envoy is attacked', { timeout }, async (t) => {
  const { start, address, ledger } = await createPipeline(t);
  const producer = await start('producer', { CLIENT_ADDRESS_HEADER: 'x-client-address' });
  await start('consumer');
  const envoy = await startEnvoy(t, Number(new URL(address).port));
  await endureAll(t, envoy.port, [producer, envoy]);
  await assertRecordedOnce(ledger.readCounts);
});
