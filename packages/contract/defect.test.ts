import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { isDefect } from './defect.ts';

const thrownBy = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown');
};

test('an error of the JavaScript language is a defect', async () => {
  assert.equal(isDefect(await thrownBy(() => new Date(Number.NaN).toISOString())), true);
  assert.equal(isDefect(await thrownBy(() => JSON.parse('{'))), true);
  assert.equal(isDefect('a text'), true);
});

test('an unreachable address is an outage, also as fetch reports it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  assert.equal(isDefect(await thrownBy(() => fetch(`http://127.0.0.1:${address.port}/`))), false);
});
