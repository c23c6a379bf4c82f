import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { problem } from '@sluice/contract/problem.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import * as z from 'zod';
import { docker, hardened, imageName } from './containers.ts';

// The proxy as compose.yaml runs it, in front of misbehaving containers in place of producers.

const fakeProducer = readFileSync(new URL('clients/fake-producer.mjs', import.meta.url), 'utf8');
const upWithinMs = 60_000;

const loggedSchema = z.object({ path: z.string(), status: z.int(), attempts: z.int() });

/**
 * Starts Envoy in front of `producers` scripted producers, on a private network that is removed
 * after the test.
 */
const startEnvoy = async (t: TestContext, producers: number) => {
  const network = `sluice-envoy-${randomBytes(4).toString('hex')}`;
  await docker('network', 'create', network);
  const started: string[] = [];
  t.after(async () => {
    await docker('rm', '--force', '--volumes', ...started);
    await docker('network', 'rm', network);
  });
  const start = async (...args: readonly string[]) => {
    const id = await docker('run', '--detach', '--network', network, ...hardened, ...args);
    started.push(id);
    return id;
  };
  const behind: string[] = [];
  for (let number = 0; number < producers; number++) {
    const command = ['node', '--input-type=module', '--eval', fakeProducer];
    behind.push(await start('--network-alias=producer', '--no-healthcheck', imageName('producer'), ...command));
  }
  const envoy = await start(
    ...['--publish', '127.0.0.1::8080', imageName('envoy')],
    ...['envoy', '--config-path', '/etc/envoy/compose.yaml', '--concurrency', '1', '--log-level', 'warn'],
  );
  const address = `http://${await docker('port', envoy, '8080/tcp')}`;

  const send = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${address}${path}`, { method: 'POST', headers, body: '{"count":1}' });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  /** Reads the requests that the producers received. */
  const asked = async (): Promise<string[]> => {
    const logs = await Promise.all(behind.map((id) => docker('logs', id)));
    return logs.flatMap((log) => log.split('\n')).filter((line) => line !== '');
  };
  const logged = async () => {
    const lines = (await docker('logs', envoy)).split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => loggedSchema.parse(JSON.parse(line)));
  };
  const heard = new Set<string>();
  await waitUntil(async () => {
    const answer = await send('/').catch(() => undefined);
    if (answer?.status === 201) heard.add(answer.text);
    return heard.size === producers;
  }, upWithinMs);
  return { send, asked, logged };
};

test('Envoy never retries a request that was sent to a producer, whatever its headers', async (t) => {
  const { send, asked } = await startEnvoy(t, 2);
  const tryAgain = { 'x-envoy-retry-on': '5xx,reset,connect-failure', 'x-envoy-max-retries': '5' };
  for (const headers of [{}, tryAgain, { ...tryAgain, 'x-forwarded-for': '10.0.0.1' }]) {
    const answer = await send('/gone', headers);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('retry-after'), '1');
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    const { type, title, status, code } = problem.parse(JSON.parse(answer.text));
    assert.deepEqual(
      { type, title, status, code },
      { type: 'about:blank', title: 'Service Unavailable', status: 503, code: 'internal_error' },
    );
  }
  const gone = (await asked()).filter((line) => line === 'POST /gone');
  assert.equal(gone.length, 3);
});

test('a request without a connection goes to another producer, and is refused if there is none', async (t) => {
  const { send, asked, logged } = await startEnvoy(t, 2);
  const before = await asked();
  assert.equal((await send('/refuse')).status, 201);
  const answers = new Set<string>();
  const posts = 20;
  for (let post = 0; post < posts; post++) {
    const { status, text } = await send('/count');
    assert.equal(status, 201);
    answers.add(text);
  }
  assert.equal(answers.size, 1);
  assert.equal((await asked()).length - before.length, posts + 1);

  await send('/refuse');
  assert.equal((await send('/count')).status, 503);
  // Envoy flushes its log every 10 s.
  await waitUntil(async () => (await logged()).some(({ path, status }) => path === '/count' && status === 503), 60_000);
  const sent = (await logged()).filter(({ path, status }) => path === '/count' && status === 201);
  assert.equal(sent.length, posts);
  assert.ok(sent.some(({ attempts }) => attempts > 1));
});

for (const file of ['envoy.yaml', 'compose.yaml']) {
  test(`Envoy accepts its configuration ${file} without deprecated fields`, async () => {
    const command = ['envoy', '--mode', 'validate', '--log-level', 'warn', '--config-path', `/etc/envoy/${file}`];
    const said = await docker(
      'run',
      '--rm',
      '--network=none',
      imageName('envoy'),
      'bash',
      '-c',
      `${command.join(' ')} 2>&1`,
    );
    assert.equal(said, `configuration '/etc/envoy/${file}' OK`);
  });
}
