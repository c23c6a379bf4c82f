import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { createSecretsManager, setEnvironment } from '@sluice/test-servers/secrets-manager.ts';
import * as z from 'zod';
import { createLoginProvider, createSecretReader, createTokensReader } from './secrets.ts';

const start = async (t: TestContext) => {
  const manager = await createSecretsManager(t);
  setEnvironment(t, manager.environment);
  return manager;
};

const loginOf = (secretArn: string) => createLoginProvider({ secretArn, username: undefined, password: undefined });

test('a login is fetched once for concurrent and later calls', async (t) => {
  const manager = await start(t);
  const arn = manager.put('db', { username: 'someone', password: 'p1', engine: 'mysql' });
  const provide = loginOf(arn);
  const logins = await Promise.all([provide(), provide(), provide()]);
  for (const login of logins) assert.deepEqual(login, { username: 'someone', password: 'p1' });
  assert.deepEqual(await provide(), { username: 'someone', password: 'p1' });
  assert.equal(manager.reads(), 1);
});

test('a refused login is fetched again once for all, and not before the minimum interval', async (t) => {
  const manager = await start(t);
  const arn = manager.put('db', { username: 'someone', password: 'p1' });
  const schema = z.object({ username: z.string(), password: z.string() });
  const { read, refresh } = createSecretReader({ arn, schema, fetchEveryMs: 200 });
  const startedAt = performance.now();
  await read();
  manager.put('db', { username: 'someone', password: 'p2' });
  const refreshed = await Promise.all([refresh(), refresh(), refresh()]);
  assert.deepEqual(
    refreshed.map(({ password }) => password),
    ['p2', 'p2', 'p2'],
  );
  assert.ok(performance.now() - startedAt >= 200);
  assert.equal(manager.reads(), 2);
  assert.equal((await read()).password, 'p2');
});

test('a call refused with an outdated login gets the current one without a fetch', async (t) => {
  const manager = await start(t);
  const provide = loginOf(manager.put('db', { username: 'someone', password: 'p2' }));
  await provide();
  assert.equal((await provide({ username: 'someone', password: 'p1' })).password, 'p2');
  assert.equal(manager.reads(), 1);
});

test('without a secret the configured login is used', async () => {
  const provide = createLoginProvider({ secretArn: undefined, username: 'someone', password: 'p' });
  assert.deepEqual(await provide({ username: 'someone', password: 'p' }), { username: 'someone', password: 'p' });
  assert.throws(
    () => createLoginProvider({ secretArn: undefined, username: 'someone', password: undefined }),
    TypeError,
  );
});

for (const [what, value, expected] of [
  ['no password', { username: 'hunter2' }, /password must be text/],
  ['an empty username', { username: '', password: 'hunter2' }, /username must not be empty/],
  ['a password that is a number', { username: 'someone', password: 42_424_242 }, /password must be text/],
  ['something that is not JSON', 'hunter2', /is not JSON/],
  ['a list', ['hunter2'], /must be an object with username and password/],
] as const) {
  test(`a secret with ${what} is refused with its ARN and the problem, without its content`, async (t) => {
    const manager = await start(t);
    const arn = manager.put('db', value);
    await assert.rejects(loginOf(arn)(), (error: Error) => {
      assert.match(error.message, expected);
      assert.ok(error.message.includes(arn));
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /hunter2|42424242|42_424_242/);
      return true;
    });
  });
}

for (const fault of ['AccessDeniedException', 'ThrottlingException'] as const) {
  test(`${fault} is reported with the secret, and the next attempt succeeds`, async (t) => {
    const manager = await start(t);
    const arn = manager.put('db', ['a']);
    const { read } = createSecretReader({ arn, schema: z.array(z.string()), fetchEveryMs: 0 });
    manager.fail(fault);
    await assert.rejects(read(), { code: 'SECRET_UNAVAILABLE', message: `Secret ${arn} could not be read: ${fault}` });
    manager.fail(undefined);
    assert.deepEqual(await read(), ['a']);
  });
}

test('a missing secret and a silent Secrets Manager fail in time, with the name of the secret', async (t) => {
  const manager = await start(t);
  const missing = manager.put('db', {}).replace(':db', ':other');
  await assert.rejects(loginOf(missing)(), {
    message: `Secret ${missing} could not be read: ResourceNotFoundException`,
  });

  const released = Promise.withResolvers<void>();
  manager.hold(released.promise);
  const arn = manager.put('db', ['a']);
  const slow = createSecretReader({ arn, schema: z.array(z.string()), fetchWithinMs: 100 });
  await assert.rejects(slow.read(), { code: 'SECRET_UNAVAILABLE' });
  released.resolve();
});

test('tokens are refreshed when they are old, and the last known ones stay valid while that fails', async (t) => {
  const manager = await start(t);
  const [one, two] = ['1'.repeat(32), '2'.repeat(32)];
  const arn = manager.put('tokens', [one]);
  const stale: Error[] = [];
  const read = createTokensReader(arn, (error) => stale.push(error), 0);
  assert.deepEqual(await read(), [one]);
  manager.put('tokens', [one, two]);
  assert.deepEqual(await read(), [one], 'the floor holds for tokens too');
  manager.fail('AccessDeniedException');

  const eager = createSecretReader({
    arn,
    schema: z.array(z.string()),
    maxAgeMs: 0,
    fetchEveryMs: 0,
    onStale: (error) => stale.push(error),
  });
  await assert.rejects(eager.read(), { code: 'SECRET_UNAVAILABLE' });
  manager.fail(undefined);
  assert.deepEqual(await eager.read(), [one, two]);
  manager.put('tokens', [two]);
  assert.deepEqual(await eager.read(), [two]);
  manager.fail('AccessDeniedException');
  assert.deepEqual(await eager.read(), [two]);
  assert.equal(stale.length, 1);
});

test('tokens may be an object by the name of their holder, as Secrets Manager generates it', async (t) => {
  const manager = await start(t);
  const [one, two] = ['1'.repeat(32), '2'.repeat(32)];
  const arn = manager.put('tokens', { first: one, second: two });
  assert.deepEqual(await createTokensReader(arn, () => undefined, 0)(), [one, two]);
});

for (const tokens of [
  { first: 'x' },
  { first: ['1'.repeat(32)] },
  [],
  [''],
  ['x'],
  ['1'.repeat(32), 'x'],
  ['1'.repeat(32), '1'.repeat(32)],
  '1'.repeat(32),
  {},
])
  test(`a secret with the tokens ${JSON.stringify(tokens)} gives none`, async (t) => {
    const manager = await start(t);
    const read = createTokensReader(manager.put('tokens', tokens), () => undefined, 0);
    await assert.rejects(read(), ({ code, message }: Error & { code?: unknown }) => {
      assert.equal(code, 'SECRET_UNAVAILABLE');
      assert.match(message, /^Secret \S+tokens is invalid: .*must /);
      assert.doesNotMatch(message, /1111|x;/);
      return true;
    });
  });
