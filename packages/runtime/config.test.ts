import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { readConfig } from './config.ts';
import { databaseSettings, httpSettings, processSettings, queueSettings, recordSettings } from './settings.ts';

const schema = z.object({
  ...httpSettings,
  ...queueSettings,
  ...databaseSettings,
  ...recordSettings,
  ...processSettings,
});
const required = { DB_USER: 'someone', DB_PASSWORD: 'secret' };

test('what is not given has its default, and an empty variable is not given', () => {
  assert.deepEqual(readConfig(schema, { ...required, HTTP_PORT: '' }), {
    CORS_ORIGIN: '*',
    DB_HOST: 'localhost',
    DB_NAME: 'count',
    DB_PASSWORD: 'secret',
    DB_PORT: 3306,
    DB_USER: 'someone',
    HTTP_PORT: 5080,
    INBOX_HOURS: 1,
    LOG_LEVEL: 'info',
    REDIS_HOST: 'localhost',
    REDIS_PORT: 6379,
    REDIS_QUEUE: 'count_queue',
  });
});

test('every fault is named at once, and no value shown', () => {
  const environment = {
    DB_PASSWORD: 'secret',
    HTTP_PORT: '80 80',
    REDIS_PORT: '65536',
    LOG_LEVEL: 'loud',
    INBOX_HOURS: '0',
  };
  assert.throws(
    () => readConfig(schema, environment),
    (error: Error) => {
      for (const name of ['DB_USER', 'HTTP_PORT', 'REDIS_PORT', 'LOG_LEVEL', 'INBOX_HOURS'])
        assert.match(error.message, new RegExp(`${name}: must be`));
      assert.doesNotMatch(error.message, /DB_PASSWORD|secret|loud|80 80/);
      return true;
    },
  );
});
