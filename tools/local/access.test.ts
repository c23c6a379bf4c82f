import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAccess } from './access.ts';

test('by default only requests of this machine to loopback names are served, and no page of another origin', () => {
  assert.deepEqual(readAccess({}), {
    address: '127.0.0.1',
    reachAt: '127.0.0.1',
    isLoopback: true,
    hosts: ['localhost', '127.0.0.1', '[::1]'],
    environment: {
      HTTP_ADDRESS: '127.0.0.1',
      HTTP_ALLOWED_HOSTS: 'localhost,127.0.0.1,[::1]',
      CORS_ORIGIN: 'none',
    },
  });
});

test('configured address, hosts and origins are used, and the hosts are added to those of loopback', () => {
  const given = { HTTP_ADDRESS: '::', HTTP_ALLOWED_HOSTS: ' a.example , b.example:80,', CORS_ORIGIN: '*' };
  const { address, reachAt, isLoopback, hosts, environment } = readAccess(given);
  assert.deepEqual([address, reachAt, isLoopback], ['::', '127.0.0.1', false]);
  assert.deepEqual(hosts, ['localhost', '127.0.0.1', '[::1]', 'a.example', 'b.example:80']);
  assert.equal(environment['CORS_ORIGIN'], '*');
  const own = readAccess({ HTTP_ADDRESS: '2001:db8::1' });
  assert.deepEqual([own.reachAt, own.hosts.at(-1)], ['2001:db8::1', '[2001:db8::1]']);
});

test('an invalid address is refused', () => {
  for (const HTTP_ADDRESS of ['localhost', '*', '1.2.3', 'example.org'])
    assert.throws(() => readAccess({ HTTP_ADDRESS }), { code: 'SETTING_INVALID' });
});
