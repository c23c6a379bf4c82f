import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHostCheck } from './allowed-hosts.ts';

const isAllowed = createHostCheck(['localhost', '127.0.0.1', '[::1]', 'Sluice.example:8080', 'web.example:80']);
const isHostAllowed = (host: string) => isAllowed({ headers: { host }, url: '/', httpVersion: '1.1' });

test('a host without a port is allowed with every port, in any case', () => {
  for (const host of [
    'localhost',
    'LOCALHOST:1',
    'localhost:65535',
    'localhost:',
    '127.0.0.1:5080',
    '[::1]',
    '[::1]:80',
  ])
    assert.ok(isHostAllowed(host), host);
});

test('a host with a port is allowed with that port only; clients leave out a default port', () => {
  for (const host of ['sluice.example:8080', 'sluice.example:08080', 'web.example', 'web.example:80'])
    assert.ok(isHostAllowed(host), host);
  for (const host of ['sluice.example', 'sluice.example:80', 'sluice.example:80801', 'web.example:443'])
    assert.ok(!isHostAllowed(host), host);
});

test('a host that only looks like an allowed one is not allowed', () => {
  for (const host of [
    '',
    'evil.example',
    'localhost.evil.example',
    'evil-localhost',
    'evil.example:localhost',
    'localhost.',
    'localhost@evil.example',
    'evil.example@localhost',
    'localhost:80@evil.example',
    'localhost,evil.example',
    'localhost evil.example',
    'localhost\u0000.evil.example',
    'localhost#.evil.example',
    'localhost/evil.example',
    'ⓛocalhost',
    '127.0.0.1.nip.example',
    '127.1',
    '[::1].evil.example',
    '[::ffff:127.0.0.1]',
  ])
    assert.ok(!isHostAllowed(host), host);
});

test('the host of an absolute URL and that of the header must both be allowed', () => {
  const judge = (url: string, host: string) => isAllowed({ headers: { host }, url, httpVersion: '1.1' });
  assert.ok(judge('http://localhost:5080/count', 'localhost:5080'));
  for (const url of [
    'http://evil/',
    'HTTP://evil/count',
    'https://evil',
    'x+y://evil?z',
    'http://localhost@evil/',
    'http:///',
  ])
    assert.ok(!judge(url, 'localhost'), url);
  assert.ok(!judge('http://localhost/', 'evil.example'));
});

test('a request without a Host is allowed in HTTP/1.0 only', () => {
  assert.ok(isAllowed({ headers: {}, url: '/health', httpVersion: '1.0' }));
  assert.ok(!isAllowed({ headers: {}, url: '/health', httpVersion: '1.1' }));
  assert.ok(!isAllowed({ headers: {}, url: 'http://evil/', httpVersion: '1.0' }));
});
