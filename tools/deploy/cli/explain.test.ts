import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { settingsFor, watchErrors } from '../aws/account.ts';
import { CommandError, explain, issuesOf, notePlace, formatIssue } from './explain.ts';

const failing = (name: string, message = ''): Error => Object.assign(new Error(message), { name });

test('expired credentials are reported with the call and how to renew them', () => {
  const error = failing('ExpiredTokenException', 'The security token included in the request is expired');
  notePlace(error, 'STS GetCallerIdentity in eu-central-1');
  const { what, where, fix } = explain(error);
  assert.match(what, /^The credentials have expired: The security token/);
  assert.equal(where, 'STS GetCallerIdentity in eu-central-1 (ExpiredTokenException)');
  assert.match(fix, /aws sso login/);
});

test('throttling, a missing permission and an unreachable account each have their own fix', () => {
  const fixes = [
    'ThrottlingException',
    'AccessDenied',
    'ECONNREFUSED',
    'CredentialsProviderError',
    'OptInRequired',
  ].map((name) => explain(failing(name)).fix);
  assert.equal(new Set(fixes).size, fixes.length);
});

test('a response that is not from AWS is reported as an unsupported call of an emulator', () => {
  const error = new Error('@aws-sdk XML parse error: mismatched tags');
  assert.match(explain(error).fix, /emulator/);
});

test('an unknown error keeps its message, and an error of several issues lists all of them', () => {
  assert.equal(explain(failing('OddException', 'Something  odd\nhappened')).what, 'Something odd happened');
  const issues = [1, 2].map((number) => ({ what: `fault ${number}`, where: 'here', fix: 'that' }));
  const error = new CommandError(issues);
  assert.deepEqual(issuesOf(error), issues);
  assert.equal(error.message, issues.map(formatIssue).join('\n\n'));
});

test('an error of a client names the failed call', async () => {
  const client = watchErrors(
    new STSClient({
      ...settingsFor('eu-central-1'),
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      endpoint: 'http://127.0.0.1:1',
      maxAttempts: 1,
    }),
    'eu-central-1',
  );
  const error: unknown = await client.send(new GetCallerIdentityCommand({})).catch((reason: unknown) => reason);
  const { what, where } = explain(error);
  assert.match(what, /^AWS cannot be reached/);
  assert.match(where, /^STS GetCallerIdentity in eu-central-1/);
});
