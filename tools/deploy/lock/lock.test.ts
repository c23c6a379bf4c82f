import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { json } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { connectTo } from '../aws/account.ts';
import { isDead, formatHolder, takeLock } from './lock.ts';

const holder = {
  id: '1',
  arn: 'arn:aws:iam::222222222222:user/one',
  host: 'build-7',
  pid: 4711,
  command: 'deploy',
  since: '2026-11-22T12:00:00.000Z',
};

test('a holder is dead only if it was a process of this machine that has ended', () => {
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

test('the holder of a lock is described with machine, process and time', () => {
  assert.equal(
    formatHolder('dev', holder, Date.parse('2026-11-22T12:23:10Z')),
    'arn:aws:iam::222222222222:user/one holds the lock of dev (deploy on build-7, process 4711) since 2026-11-22T12:00:00.000Z, 23 min ago',
  );
});

const call = z.object({ Value: z.string().optional() });
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };

/** Starts Systems Manager with one parameter. The first answer to a write may be lost. */
const startParameter = async (
  context: TestContext,
  { kept, isAnswerLost }: { kept?: string; isAnswerLost: boolean },
) => {
  const actions = {
    PutParameter: (value = '') => {
      if (kept !== undefined) return 'ParameterAlreadyExists';
      kept = value;
      return isAnswerLost ? undefined : {};
    },
    GetParameter: () => (kept === undefined ? 'ParameterNotFound' : { Parameter: { Value: kept } }),
    DeleteParameter: () => {
      kept = undefined;
      return {};
    },
  };
  const server = createServer((request, response) => {
    const answer = async () => {
      const { Value } = call.parse(await json(request));
      const name = z.enum(['PutParameter', 'GetParameter', 'DeleteParameter']);
      const said = actions[name.parse(String(request.headers['x-amz-target']).split('.')[1])](Value);
      if (said === undefined) return void response.destroy();
      const isRefused = typeof said === 'string';
      response.writeHead(isRefused ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      return void response.end(JSON.stringify(isRefused ? { __type: said } : said));
    };
    answer().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  const ssm = new SSMClient({ region: 'eu-central-1', endpoint: `http://127.0.0.1:${address.port}`, credentials });
  context.after(() => ssm.destroy());
  return { ...connectTo('eu-central-1'), ssm };
};

const options = { environment: 'dev', arn: holder.arn, command: 'deploy', isBreaking: false };

test('takes a lock whose response was lost: the retry of the SDK finds its own lock', async (context) => {
  const account = await startParameter(context, { isAnswerLost: true });
  const lock = await takeLock(account, { ...options, say: (line) => assert.fail(line) });
  await lock.check();
});

test('a lock without a readable holder is taken only with --break-lock', async (context) => {
  const account = await startParameter(context, { kept: 'by hand', isAnswerLost: false });
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  await assert.rejects(takeLock(account, { ...options, say }), /The lock of dev names no holder: by hand/);
  const lock = await takeLock(account, { ...options, isBreaking: true, say });
  assert.deepEqual(said, ['Taking the lock. The lock of dev names no holder: by hand']);
  await lock.check();
  await lock.release();
  await assert.rejects(lock.check(), /was deleted/);
});
