import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { connectTo } from './account.ts';
import { isDead, sayHolder, takeLock } from './lock.ts';

const holder = {
  id: '1',
  arn: 'arn:aws:iam::222222222222:user/one',
  host: 'build-7',
  pid: 4711,
  command: 'deploy',
  since: '2026-11-22T12:00:00.000Z',
};

test('a holder is dead only where its machine is this one and its process is gone', () => {
  const here = { ...holder, host: hostname() };
  assert.equal(
    isDead(here, () => false),
    true,
  );
  assert.equal(
    isDead(here, () => true),
    false,
  );
  assert.equal(
    isDead(holder, () => false),
    false,
  );
});

test('who has the lock is told with where and since when', () => {
  assert.equal(
    sayHolder('dev', holder, Date.parse('2026-11-22T12:23:10Z')),
    'arn:aws:iam::222222222222:user/one works on dev (deploy on build-7, process 4711) since 2026-11-22T12:00:00.000Z, 23 min ago',
  );
});

const call = z.object({ Value: z.string().optional() });

test('a lock is taken although the answer to writing it was lost, and the SDK finds its own when it tries again', async (context) => {
  let kept: string | undefined;
  const server = createServer((request, response) => {
    const answer = async () => {
      const { Value } = call.parse(await json(request));
      const isWriting = request.headers['x-amz-target'] === 'AmazonSSM.PutParameter';
      if (isWriting && kept === undefined) {
        kept = Value;
        response.destroy();
        return;
      }
      const body = isWriting ? { __type: 'ParameterAlreadyExists' } : { Parameter: { Value: kept } };
      response.writeHead(isWriting ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(body));
    };
    answer().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  const ssm = new SSMClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${address.port}`,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  });
  context.after(() => ssm.destroy());
  const lock = await takeLock(
    { ...connectTo('eu-central-1'), ssm },
    { environment: 'dev', arn: holder.arn, command: 'deploy', isBreaking: false, say: (line) => assert.fail(line) },
  );
  await lock.check();
});
