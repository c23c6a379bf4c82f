import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { connectTo, type Account } from './account.ts';
import { readToken, showCommandOf } from './api-token.ts';
import { CommandError } from '../cli/explain.ts';

const arn = 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:ApiTokensSecret-AbCdEf';
const [one, other] = ['a'.repeat(64), 'b'.repeat(64)];

/** Starts an account whose Secrets Manager holds one secret. */
const startAccount = async (context: TestContext, value: string): Promise<Account> => {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      assert.equal(request.headers['x-amz-target'], 'secretsmanager.GetSecretValue');
      assert.deepEqual(JSON.parse(body), { SecretId: arn });
      response.end(JSON.stringify({ ARN: arn, SecretString: value }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const secrets = new SecretsManagerClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${address.port}`,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  });
  context.after(() => {
    secrets.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { ...connectTo('eu-central-1'), secrets };
};

test('reads a token from a list, and from an object of tokens by name', async (context) => {
  for (const value of [[one, other], { first: one, second: other }]) {
    const account = await startAccount(context, JSON.stringify(value));
    assert.equal(await readToken(account, arn), one);
  }
});

test('a secret without valid tokens is an error with its fix, and the message shows nothing of the secret', async (context) => {
  for (const value of [
    'plain-secret',
    '"plain-secret"',
    '[]',
    '{}',
    '["plain-secret"]',
    `{"a":"${one}","b":"plain-secret"}`,
    '{"a":1}',
  ]) {
    const account = await startAccount(context, value);
    await assert.rejects(readToken(account, arn), (error: unknown) => {
      assert.ok(error instanceof CommandError, value);
      assert.match(error.message, /The secret holds no bearer tokens[^]*openssl rand/);
      assert.ok(!error.message.includes('plain-secret') && !error.message.includes(one), error.message);
      return true;
    });
  }
});

test('the command that shows tokens names the secret and the region', () => {
  assert.equal(
    showCommandOf(arn, 'eu-central-1'),
    `aws secretsmanager get-secret-value --secret-id ${arn} --region eu-central-1 --query SecretString --output text`,
  );
});
