import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { startNginx } from '@sluice/test-servers/reverse-proxies/nginx.ts';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { withoutIpv6 } from '@sluice/test-servers/without-ipv6.ts';
import { createFolder, start } from '@sluice/test-servers/npm-start.ts';

const statusOf = async (url: string) => {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
};

test('the kernel of these tests has no IPv6', () => {
  const [program = '', ...args] = withoutIpv6;
  const script = "require('node:net').createServer().on('error', ({ code }) => console.log(code)).listen(0, '::')";
  assert.equal(
    spawnSync(program, [...args, process.execPath, '--eval', script], { encoding: 'utf8' }).stdout,
    'EAFNOSUPPORT\n',
  );
});

for (const args of [[], ['--dev']]) {
  test(`npm start on every interface, ${args.join(' ') || 'as usual'}, listens on IPv4`, async (t) => {
    const ports = { HTTP_PORT: String(await findFreePort()), CONSOLE_PORT: String(await findFreePort()) };
    const environment = { ...ports, HTTP_ADDRESS: '::' };
    const sluice = start(t, createFolder(t), environment, { through: withoutIpv6, args });
    await sluice.untilUp();
    assert.equal(await statusOf(`http://127.0.0.1:${ports.HTTP_PORT}/count`), 200);
    assert.equal(await statusOf(`http://127.0.0.1:${ports.CONSOLE_PORT}/`), 200);
  });
}

test('producer and consumer listen by default, and serve their metrics', async (t) => {
  const pipeline = await createPipeline(t);
  for (const name of ['producer', 'consumer'] as const) {
    const port = await findFreePort();
    await pipeline.start(name, { METRICS_PORT: String(port) }, withoutIpv6);
    assert.equal(await statusOf(`http://127.0.0.1:${port}/metrics`), 200);
  }
  await pipeline.post(1);
  await pipeline.untilRecorded(1);
});

test('the nginx of the containers listens', async (t) => {
  const { port } = await startNginx(t, await findFreePort(), withoutIpv6);
  assert.equal(await statusOf(`http://127.0.0.1:${port}/`), 200);
});
