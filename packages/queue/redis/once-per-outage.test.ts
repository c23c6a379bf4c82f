import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ErrorReply, SocketClosedUnexpectedlyError } from '@redis/client';
import { connectFor, plainSettings, startRedis } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { oncePerOutage } from './once-per-outage.ts';

const refused = () => Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' });

const setUp = (t: TestContext) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const reported: unknown[] = [];
  const onError = oncePerOutage((error) => reported.push(error));
  const pass = (ms: number) => {
    now += ms;
  };
  return { reported, onError, pass };
};

test('an outage is reported once, however often connections fail, and another one again', (t) => {
  const { reported, onError, pass } = setUp(t);
  const first = new SocketClosedUnexpectedlyError();
  onError(first);
  for (let attempt = 0; attempt < 100; attempt++) {
    pass(5_000);
    onError(refused());
  }
  assert.deepEqual(reported, [first]);
  pass(10_001);
  onError(first);
  assert.deepEqual(reported, [first, first]);
});

test('another cause is reported within an outage', (t) => {
  const { reported, onError } = setUp(t);
  const certificate = Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  const causes = [refused(), new ErrorReply('WRONGPASS invalid'), certificate, new Error('slot 7 has no node')];
  for (const cause of [...causes, ...causes, new Error('slot 8 has no node')]) onError(cause);
  assert.deepEqual(reported, causes);
});

test('several connections that lose a Redis and try it again report one outage', async (t) => {
  const redis = await startRedis(t);
  let failures = 0;
  const reported: unknown[] = [];
  const report = oncePerOutage((error) => reported.push(error));
  const connections = [1, 2, 3].map(() =>
    connectFor(t, plainSettings(redis.port), (error) => {
      failures += 1;
      report(error);
    }),
  );
  await Promise.all(connections.map((connection) => connection.run('x', (client) => client.ping(), 5_000)));
  await redis.kill();
  await waitUntil(() => failures > 10);
  assert.equal(reported.length, 1);
});
