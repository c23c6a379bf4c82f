import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as z from 'zod';
import { readConfig } from './config.ts';
import {
  checkLogins,
  databaseSettings,
  httpSettings,
  metricsSettings,
  queueSettings,
  recordSettings,
} from './settings.ts';

const schema = z
  .object({ ...httpSettings, ...metricsSettings, ...queueSettings, ...databaseSettings, ...recordSettings })
  .superRefine(checkLogins);
const token = (digit: string): string => digit.repeat(32);
const login = { DB_USER: 'someone', DB_PASSWORD: 'secret' };

const problemsOf = (environment: Record<string, string>): string => {
  try {
    readConfig(schema, environment);
    return '';
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message;
  }
};

test('a missing or empty variable has its default', () => {
  assert.deepEqual(readConfig(schema, { ...login, HTTP_PORT: '' }), {
    API_TOKENS_FOR: 'writes',
    CORS_ORIGIN: '*',
    DB_HOST: 'localhost',
    DB_NAME: 'count',
    DB_PASSWORD: 'secret',
    DB_PORT: 3306,
    DB_TLS: false,
    DB_USER: 'someone',
    HTTP_ADDRESS: '::',
    HTTP_PORT: 5080,
    INBOX_HOURS: 1,
    METRICS: 'prometheus',
    METRICS_NAMESPACE: 'Sluice',
    METRICS_PORT: 0,
    REDIS_CLUSTER: false,
    REDIS_HOST: 'localhost',
    REDIS_PORT: 6379,
    REDIS_QUEUE: 'count_queue',
    REDIS_TLS: false,
    WATCHDOG_MS: 60_000,
  });
});

test('all errors are reported together, without values', () => {
  const problems = problemsOf({
    ...login,
    HTTP_PORT: '80 80',
    HTTP_ALLOWED_HOSTS: 'localhost, http://x/',
    REDIS_PORT: '65536',
    REDIS_TLS: 'yes',
    REDIS_QUEUE: '{q}',
    INBOX_HOURS: '0',
    DB_NAME: 'a`b',
  });
  for (const name of [
    'HTTP_PORT',
    'HTTP_ALLOWED_HOSTS',
    'REDIS_PORT',
    'REDIS_TLS',
    'REDIS_QUEUE',
    'INBOX_HOURS',
    'DB_NAME',
  ]) {
    assert.match(problems, new RegExp(`${name}: must be`));
  }
  assert.doesNotMatch(problems, /DB_PASSWORD|secret|80 80|yes|a`b/);
});

for (const [what, environment, problem] of [
  ['no login of MySQL', {}, /DB_USER: must be set, or DB_SECRET_ARN.*\n.*DB_PASSWORD: must be set/],
  ['two logins of MySQL', { ...login, DB_SECRET_ARN: 'a' }, /DB_USER: must not be set together with DB_SECRET_ARN/],
  ['two logins of Redis', { ...login, REDIS_PASSWORD: 'p', REDIS_SECRET_ARN: 'a' }, /REDIS_PASSWORD: must not be set/],
  ['a user of Redis without a password', { ...login, REDIS_USERNAME: 'u' }, /REDIS_PASSWORD: must be set/],
  [
    'an IAM login without what it needs',
    { ...login, REDIS_IAM_CACHE: 'c' },
    /REDIS_USERNAME: must be set.*\n.*AWS_REGION: must be set.*\n.*REDIS_TLS: must be true/,
  ],
  [
    'tokens from two places',
    { ...login, API_TOKENS: token('a'), API_TOKENS_SECRET_ARN: 'a' },
    /API_TOKENS: must not be set together with/,
  ],
  [
    'the same token twice',
    { ...login, API_TOKENS: `${token('a')}, ${token('a')}` },
    /API_TOKENS: must not have the same/,
  ],
  ['an unknown guard', { ...login, API_TOKENS: token('a'), API_TOKENS_FOR: 'reads' }, /API_TOKENS_FOR: must be writes/],
  ['a guard without tokens', { ...login, API_TOKENS_FOR: 'all' }, /API_TOKENS_FOR: all needs tokens/],
] as const) {
  test(`${what}: the error names the variable`, () => {
    assert.match(problemsOf(environment), problem);
  });
}

for (const tokens of [
  'x',
  token('a').slice(1),
  `${token('a')},`,
  `,${token('a')}`,
  `${token('a')} b`,
  `${token('a')}é`,
  ' ',
])
  test(`API_TOKENS=${JSON.stringify(tokens)} is refused, with the command that makes a token`, () => {
    const problems = problemsOf({ ...login, API_TOKENS: tokens });
    assert.match(
      problems,
      /API_TOKENS, value [12]: must be at least 32 printable ASCII characters.*openssl rand -hex 32$/m,
    );
    assert.doesNotMatch(problems, /aaaa/);
  });

for (const name of [
  'API_TOKENS',
  'API_TOKENS_SECRET_ARN',
  'API_TOKENS_FOR',
  'CORS_ORIGIN',
  'HTTP_ADDRESS',
  'HTTP_ALLOWED_HOSTS',
  'REDIS_TLS',
  'DB_TLS',
])
  for (const variable of [name, `${name}_FILE`])
    test(`${variable} guards access, so an empty value is an error`, () => {
      assert.match(
        problemsOf({ ...login, [variable]: '' }),
        new RegExp(`^  ${variable}: must not be empty; unset it`, 'm'),
      );
    });

test('tokens are separated by commas, and blanks around them are ignored', () => {
  const { API_TOKENS: tokens } = readConfig(schema, { ...login, API_TOKENS: `${token('a')}, ${token('b')}` });
  assert.deepEqual(tokens, [token('a'), token('b')]);
});

/** Creates a file with this text and removes it when the test ends. */
const fileOf = (t: TestContext, text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'value');
  writeFileSync(path, text);
  return path;
};

test('a variable has the content of its file, without the final newline', (t) => {
  const config = readConfig(schema, {
    DB_USER: 'someone',
    DB_PASSWORD_FILE: fileOf(t, ' from a file \n'),
    HTTP_PORT_FILE: fileOf(t, '5090'),
    REDIS_PASSWORD_FILE: '',
    SSL_CERT_FILE: '/there/is/none',
  });
  assert.equal(config.DB_PASSWORD, ' from a file ');
  assert.equal(config.HTTP_PORT, 5090);
  assert.equal(config.REDIS_PASSWORD, undefined);
});

test('an empty or unreadable file is an error next to the others, and no content is shown', (t) => {
  const problems = problemsOf({
    ...login,
    DB_PASSWORD_FILE: fileOf(t, 'a secret'),
    REDIS_PASSWORD_FILE: '/there/is/none',
    API_TOKENS_FILE: fileOf(t, '\n'),
    REDIS_PORT_FILE: fileOf(t, 'not a port'),
  });
  assert.match(problems, /DB_PASSWORD_FILE: must not be set together with DB_PASSWORD$/m);
  assert.match(problems, /REDIS_PASSWORD_FILE: must name a file that can be read \(ENOENT\)$/m);
  assert.match(problems, /API_TOKENS_FILE: must name a file that is not empty$/m);
  assert.match(problems, /REDIS_PORT: must be/);
  assert.doesNotMatch(problems, /a secret|not a port/);
});

test('a login with an unreadable file is reported once, and not also as missing', () => {
  const problems = problemsOf({ DB_USER: 'someone', DB_PASSWORD_FILE: '/there/is/none' });
  assert.equal(problems, 'The environment is invalid:\n  DB_PASSWORD_FILE: must name a file that can be read (ENOENT)');
});

test('origins are `*`, `none`, or a list of schemes and hosts', () => {
  const originsOf = (CORS_ORIGIN: string) => readConfig(schema, { ...login, CORS_ORIGIN }).CORS_ORIGIN;
  assert.equal(originsOf('*'), '*');
  assert.deepEqual(originsOf('none'), []);
  assert.deepEqual(originsOf('https://a.example, http://[::1]:8080,app://b'), [
    'https://a.example',
    'http://[::1]:8080',
    'app://b',
  ]);
  for (const wrong of [
    'https://a.example/',
    'https://a.example/path',
    'a.example',
    'https://*.example',
    '*,https://a.example',
    'none,none',
    'null',
    'https://u@a.example',
    'HTTPS://A.example',
    ',',
  ])
    assert.match(problemsOf({ ...login, CORS_ORIGIN: wrong }), /CORS_ORIGIN: must be/, wrong);
});
