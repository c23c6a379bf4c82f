import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { json } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { createCustomResource } from './custom-resource.ts';

type Put = { readonly method: string | undefined; readonly headers: IncomingHttpHeaders; readonly document: unknown };

/** Starts a fake S3. It accepts the PUT of a presigned URL and may fail the first ones. */
const createResponseUrl = async (t: TestContext, failures = 0) => {
  const puts: Put[] = [];
  let left = failures;
  const server = createServer((request, response) => {
    const take = async () => {
      puts.push({ method: request.method, headers: request.headers, document: await json(request) });
      response.writeHead(left > 0 ? 503 : 200).end();
      left -= 1;
    };
    take().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  return { url: `http://127.0.0.1:${port}/bucket/key?X-Amz-Signature=abc`, puts };
};

/**
 * Creates the event of a request type (crpg-ref-requesttypes-create.html, -update.html,
 * -delete.html).
 */
const eventOf = (type: string, url: string, more: object = {}) => ({
  RequestType: type,
  RequestId: 'unique id for this create request',
  ResponseURL: url,
  ResourceType: 'Custom::DatabaseSetup',
  LogicalResourceId: 'DatabaseSetup',
  StackId: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/app/guid',
  ResourceProperties: { ServiceToken: 'arn:aws:lambda:…', MigrationsHash: 'abc' },
  ...more,
});
const context = { getRemainingTimeInMillis: () => 60_000 };
const answered = {
  PhysicalResourceId: 'sluice-database',
  StackId: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/app/guid',
  RequestId: 'unique id for this create request',
  LogicalResourceId: 'DatabaseSetup',
};

test('Create and Update run the set-up with the properties and return one physical id', async (t) => {
  const { url, puts } = await createResponseUrl(t);
  const applied: unknown[] = [];
  const handler = createCustomResource(async (properties) => void applied.push(properties['MigrationsHash']));
  await handler(eventOf('Create', url), context);
  await handler(
    eventOf('Update', url, { PhysicalResourceId: 'sluice-database', OldResourceProperties: { MigrationsHash: 'old' } }),
    context,
  );
  assert.deepEqual(applied, ['abc', 'abc']);
  for (const { method, document, headers } of puts) {
    assert.deepEqual([method, document], ['PUT', { Status: 'SUCCESS', ...answered }]);
    // The URL is signed without a Content-Type, and without chunks.
    assert.equal(headers['content-type'], undefined);
    assert.equal(headers['transfer-encoding'], undefined);
    assert.ok(Number(headers['content-length']) > 0);
  }
  assert.equal(puts.length, 2);
});

test('Delete succeeds and changes nothing, even after a Create with invalid properties failed', async (t) => {
  const { url, puts } = await createResponseUrl(t);
  const handler = createCustomResource(() => assert.fail('called'));
  await handler(
    eventOf('Delete', url, { PhysicalResourceId: 'another', ResourceProperties: { ImportFile: '../../x' } }),
    context,
  );
  assert.deepEqual(puts[0]?.document, { Status: 'SUCCESS', ...answered, PhysicalResourceId: 'another' });
});

for (const [what, error, reason] of [
  [
    'an error with a code',
    Object.assign(new Error('it was changed'), { code: 'MIGRATION_CHANGED' }),
    /^MIGRATION_CHANGED: it was changed$/,
  ],
  [
    'an error of several attempts to connect',
    Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }),
    /^ECONNREFUSED: /,
  ],
  ['a reason that is longer than an answer may be', new Error('x'.repeat(9_000)), /^x{1000}$/],
] as const) {
  test(`${what} is reported as FAILED with its reason, and the function succeeds`, async (t) => {
    const { url, puts } = await createResponseUrl(t);
    await createCustomResource(() => Promise.reject(error))(eventOf('Create', url), context);
    const [put] = puts;
    assert.ok(put !== undefined);
    const { Status, Reason, ...rest } = put.document as { Status: string; Reason: string };
    assert.deepEqual([Status, rest], ['FAILED', answered]);
    assert.match(Reason, reason);
  });
}

test('invalid properties are named, and nothing changes', async (t) => {
  const { url, puts } = await createResponseUrl(t);
  const handler = createCustomResource(() => assert.fail('called'));
  await handler(eventOf('Create', url, { ResourceProperties: { ImportFile: '../secrets.sql' } }), context);
  await handler(eventOf('Destroy', url), context);
  for (const { document } of puts) assert.equal((document as { Status: string }).Status, 'FAILED');
  assert.match(JSON.stringify(puts[0]?.document), /ImportFile/);
});

test('the function reports FAILED before its timeout if the work takes too long', async (t) => {
  const { url, puts } = await createResponseUrl(t);
  const hanging = new Promise<void>(() => undefined);
  await createCustomResource(() => hanging)(eventOf('Create', url), { getRemainingTimeInMillis: () => 8_050 });
  assert.match(JSON.stringify(puts[0]?.document), /"FAILED".*did not finish within the timeout/);
});

test('the function retries its response, and fails if no attempt succeeds', async (t) => {
  const done = createCustomResource(() => Promise.resolve());
  const late = await createResponseUrl(t, 2);
  await done(eventOf('Create', late.url), context);
  assert.equal(late.puts.length, 3);
  const never = await createResponseUrl(t, 99);
  await assert.rejects(done(eventOf('Create', never.url), context), /returned 503/);
  await assert.rejects(done({ RequestType: 'Create' }, context));
});
