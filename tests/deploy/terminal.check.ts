import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { repository } from '@sluice/local/folder.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { startAccount } from './account/account.ts';
import { withoutAws } from './command.ts';
import { expireCredentials } from './faults.ts';

const account = await startAccount(testFile, '222222222222');
await account.bootstrap();

type Answers = readonly (readonly [question: string, answer: string])[];

/**
 * Runs `bash ./deploy.sh` on a terminal that types answers. `columns`: its width, or 0 if the
 * terminal does not report one.
 */
const deployOnTerminal = async (columns: number, answers: Answers, more = {}) => {
  const terminal = join(import.meta.dirname, 'terminal.py');
  const child = spawn('python3', [terminal, String(columns), JSON.stringify(answers), 'bash', './deploy.sh'], {
    cwd: repository,
    env: { ...withoutAws(process.env), ...account.variables, CI: undefined, TERM: 'xterm', ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code: child.exitCode, output, plain: stripVTControlCharacters(output) };
};

test('deploy.sh asks for profile and environment, remembers the answers, and deploys nothing without a confirmation', async () => {
  const first = await deployOnTerminal(100, [
    ['AWS profile', 'x\r'],
    ['Environment \\(test, dev, stage, prod\\)', 'dev\r'],
    ['Deploy', 'n\r'],
  ]);
  assert.equal(first.code, 1, first.plain);
  assert.match(first.plain, /dev\/registry: created 3/);
  assert.match(first.plain, /✗ Nothing was deployed/);
  assert.deepEqual(JSON.parse(readFileSync(join(account.variables['SLUICE_DIR'] ?? '', 'deploy.json'), 'utf8')), {
    profile: 'x',
    environment: 'dev',
  });
});

test('after a confirmation, deploys as far as the emulator supports; a terminal without a width gets plain lines', async () => {
  const { code, plain } = await deployOnTerminal(0, [
    ['AWS profile', '\r'],
    ['Environment', '\r'],
    ['Deploy', 'y\r'],
  ]);
  for (const stack of ['registry', 'foundation', 'app'])
    assert.match(plain, new RegExp(`✓ sluice-dev-${stack} is up to date`));
  assert.match(plain, /✓ \d+ files uploaded/);
  // The emulator runs no tasks.
  assert.match(plain, /✗ Services: timeout after \d+ min; /);
  assert.equal(code, 1, plain);
});

test('Enter accepts the last answers; with NO_COLOR, prints no colours', async () => {
  const remove = account.front.add(expireCredentials);
  const again = await deployOnTerminal(
    100,
    [
      ['AWS profile', '\r'],
      ['Environment', '\r'],
    ],
    { NO_COLOR: '1' },
  );
  remove();
  assert.equal(again.code, 1, again.plain);
  assert.match(again.plain, /✗ The credentials have expired/);
  assert.match(again.plain, /Environment \(test, dev, stage, prod\) +dev/);
  // oxlint-disable-next-line no-control-regex -- colors are control characters
  assert.doesNotMatch(again.output, /\u001b\[\d*;?3\dm/);
});
