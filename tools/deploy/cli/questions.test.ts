import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasOwnCredentials, readGiven } from './questions.ts';

const nothing = { profile: undefined, region: undefined, environment: undefined };

test('flags take precedence over variables, and either variable of AWS sets the region', () => {
  const variables = { AWS_PROFILE: 'p', AWS_DEFAULT_REGION: 'r', ENV: 'dev' };
  assert.deepEqual(readGiven(nothing, variables), { profile: 'p', region: 'r', environment: 'dev' });
  assert.deepEqual(readGiven(nothing, { ...variables, AWS_REGION: 'other' }).region, 'other');
  assert.deepEqual(readGiven({ profile: 'x', region: 'y', environment: 'prod' }, variables), {
    profile: 'x',
    region: 'y',
    environment: 'prod',
  });
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
