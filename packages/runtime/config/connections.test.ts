import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { databaseSettingsOf, redisSettingsOf } from './connections.ts';

const { cache } = createRequire(import.meta.url);
const isSdkLoaded = (): boolean => Object.keys(cache).some((file) => /@aws-sdk|@smithy/.test(file));

const redis = { REDIS_HOST: 'localhost', REDIS_PORT: 6379, REDIS_CLUSTER: false, REDIS_TLS: false };
const database = { DB_HOST: 'localhost', DB_PORT: 3306, DB_TLS: false, DB_NAME: 'count' };

// These are in one test, because a loaded module stays loaded.
test('the AWS SDK is loaded early if a secret is configured, and not loaded with plain logins', async () => {
  const { credentials } = redisSettingsOf({ ...redis, REDIS_USERNAME: 'a', REDIS_PASSWORD: 'b' });
  const { login } = databaseSettingsOf({ ...database, DB_USER: 'a', DB_PASSWORD: 'b' });
  assert.deepEqual(await credentials(), { username: 'a', password: 'b' });
  assert.deepEqual(await login(), { username: 'a', password: 'b' });
  assert.equal(isSdkLoaded(), false);
  databaseSettingsOf({ ...database, DB_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:a' });
  await waitUntil(isSdkLoaded);
});
