import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './command.ts';
import { hasOwnCredentials, openEnvironment, readGiven } from './questions.ts';

const nothing = { profile: undefined, environment: undefined };

test('flags take precedence over variables', () => {
  const variables = { AWS_PROFILE: 'p', ENV: 'dev' };
  assert.deepEqual(readGiven(nothing, variables), { profile: 'p', environment: 'dev' });
  assert.deepEqual(readGiven({ profile: 'x', environment: 'prod' }, variables), { profile: 'x', environment: 'prod' });
});

test('the region is the environment’s: neither a variable nor a flag offers another', async () => {
  assert.deepEqual(readGiven(nothing, { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' }), {});
  const { signal } = new AbortController();
  await assert.rejects(openEnvironment('usage', ['dev', '--region', 'us-east-1'], { signal }), UsageError);
});

test('an empty variable counts as missing', () => {
  assert.deepEqual(readGiven(nothing, { AWS_PROFILE: '', ENV: '' }), {});
});

test('asks for no profile if the variables hold keys or the role of a pipeline', () => {
  assert.equal(hasOwnCredentials({ AWS_ACCESS_KEY_ID: 'AKIA' }), true);
  assert.equal(hasOwnCredentials({ AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }), true);
  assert.equal(hasOwnCredentials({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://localhost:1338/latest' }), true);
  assert.equal(hasOwnCredentials({ AWS_ACCESS_KEY_ID: '' }), false);
});
