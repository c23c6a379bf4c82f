import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createTokenCheck } from '../http/bearer-token.ts';
import { createTestServer } from '../test-server.test.ts';

const body = '{"count":1}';
const digestOf = (token: string) => createHash('sha256').update(token).digest('hex');

test('a key belongs to the token of its request, which is passed on as a digest', async (t) => {
  const tokenGuard = {
    isTokenValid: createTokenCheck(async () => ['first', 'second']),
    tokensFor: 'writes',
  } as const;
  const { ask, keys } = createTestServer(t, { tokenGuard });
  for (const authorization of ['Bearer first', 'bearer  first', 'Bearer second'])
    await ask('postCount', { headers: { authorization, 'idempotency-key': 'k' }, body });
  const owned = (token: string) => ({ key: 'k', space: digestOf(token), client: digestOf(token) });
  assert.deepEqual(keys, [owned('first'), owned('first'), owned('second')]);
  assert.doesNotMatch(JSON.stringify(keys), /first|second/);
});

test('without tokens all clients share one name space, quotas are by address, and an unchecked token has no effect', async (t) => {
  const { ask, keys } = createTestServer(t);
  for (const headers of [{}, { authorization: 'Bearer x' }, { 'x-forwarded-for': '192.0.2.1' }])
    await ask('postCount', { headers: { ...headers, 'idempotency-key': 'k' }, body });
  const owned = { key: 'k', space: '', client: '127.0.0.1' };
  assert.deepEqual(keys, [owned, owned, owned]);
});

test('behind a trusted proxy the quota is by the address that the proxy reports', async (t) => {
  const { ask, keys } = createTestServer(t, {}, { clientAddressHeader: 'x-client-address' });
  for (const address of ['192.0.2.1', '2001:db8:1:2:3:4:5:6'])
    await ask('postCount', { headers: { 'x-client-address': address, 'idempotency-key': 'k' }, body });
  assert.deepEqual(
    keys.map((key) => key?.client),
    ['192.0.2.1', '2001:db8:1:2::/64'],
  );
});
