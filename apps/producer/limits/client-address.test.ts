import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientsBy, networkOf } from './client-address.ts';

const requestFrom = (remoteAddress: string, headers: Record<string, string | string[]> = {}) =>
  ({ headers, socket: { remoteAddress } }) as unknown as Parameters<ReturnType<typeof clientsBy>>[0];

for (const [address, network] of [
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2:0:0:0:1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['', ''],
] as const) {
  test(`${address} is a client of ${network}`, () => assert.equal(networkOf(address), network));
}

test('without a trusted proxy no header names the client', () => {
  const request = requestFrom('192.0.2.7', { 'x-client-address': '192.0.2.8', 'x-forwarded-for': '192.0.2.9' });
  assert.equal(clientsBy(undefined)(request), '192.0.2.7');
});

test('the header of a trusted proxy names the client, unless it contains no address', () => {
  const clientOf = clientsBy('X-Client-Address');
  assert.equal(clientOf(requestFrom('10.0.0.1', { 'x-client-address': '2001:db8::7' })), '2001:db8:0:0::/64');
  for (const given of ['', 'localhost', '192.0.2.7, 192.0.2.8', '192.0.2.7:80'])
    assert.equal(clientOf(requestFrom('10.0.0.1', { 'x-client-address': given })), '10.0.0.1');
});
