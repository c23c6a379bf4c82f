import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { startEnvoy, type EnvoyConfiguration } from '@sluice/test-servers/reverse-proxies/envoy.ts';
import { startNginx } from '@sluice/test-servers/reverse-proxies/nginx.ts';

/** Starts a server in place of a producer. It answers with the client address that it received. */
const startEcho = async (t: TestContext): Promise<number> => {
  const server = createServer((asked, response) => {
    response.end(String(asked.headers['x-client-address']));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
};

const startProxies = async (t: TestContext, configuration?: EnvoyConfiguration) => {
  const envoy = await startEnvoy(t, await startEcho(t), configuration);
  const nginx = await startNginx(t, envoy.frontendPort);
  return { envoy: `http://127.0.0.1:${envoy.port}/`, nginx: `http://127.0.0.1:${nginx.port}/api/` };
};

/** Requests the client address from a given loopback address of this machine. */
const ask = async (url: string, localAddress: string, headers: OutgoingHttpHeaders): Promise<string> => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { localAddress, headers, agent: false }, resolve).on('error', reject).end();
  });
  return text(response);
};

const forged: readonly OutgoingHttpHeaders[] = [
  {},
  { 'x-client-address': '203.0.113.7' },
  { 'x-client-address': ['203.0.113.7', '203.0.113.8'] },
  { X_Client_Address: '203.0.113.7' },
  { 'x-forwarded-for': '203.0.113.7' },
  { 'x-forwarded-for': '203.0.113.7, 203.0.113.8, 203.0.113.9' },
  { 'x-forwarded-for': ['203.0.113.7', '203.0.113.8', '203.0.113.9'] },
  { forwarded: 'for=203.0.113.7', 'x-real-ip': '203.0.113.7', 'x-envoy-external-address': '203.0.113.7' },
  { connection: 'x-client-address', 'x-client-address': '203.0.113.7' },
];

test('with Compose a client cannot forge its address, neither at the API nor at the page', async (t) => {
  const proxies = await startProxies(t);
  for (const headers of forged) {
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      assert.equal(await ask(proxies.envoy, address, headers), address, JSON.stringify(headers));
      assert.equal(await ask(proxies.nginx, address, headers), address, JSON.stringify(headers));
    }
  }
});

test('on ECS the address is the one that CloudFront saw, whatever header the client sent', async (t) => {
  const { envoy } = await startProxies(t, 'envoy.yaml');
  const written = '198.51.100.1, 130.176.0.1';
  for (const before of ['', '203.0.113.7, ', '203.0.113.7, 203.0.113.8, ']) {
    const headers = { 'x-forwarded-for': `${before}${written}`, 'x-client-address': '203.0.113.9' };
    assert.equal(await ask(envoy, '127.0.0.1', headers), '198.51.100.1');
  }
});
