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

test('deploy.sh asks for profile, region and environment, remembers the answers, and deploys when it is told to', async () => {
  const first = await deployOnTerminal(100, [
    ['AWS profile', 'x\r'],
    ['AWS region', 'eu-central-1\r'],
    ['Environment \\(test, dev, stage, prod\\)', 'dev\r'],
    ['Deploy', 'n\r'],
  ]);
  assert.equal(first.code, 1, first.plain);
  assert.match(first.plain, /dev\/registry: made 3/);
  assert.match(first.plain, /✗ Nothing was done/);
  assert.deepEqual(JSON.parse(readFileSync(join(account.variables['SLUICE_DIR'] ?? '', 'deploy.json'), 'utf8')), {
    profile: 'x',
    region: 'eu-central-1',
    environment: 'dev',
  });
});

test('told to, it deploys as far as the emulated account carries; a terminal that does not say how wide it is shows it line by line', async () => {
  const { code, plain } = await deployOnTerminal(0, [
    ['AWS profile', '\r'],
    ['AWS region', '\r'],
    ['Environment', '\r'],
    ['Deploy', 'y\r'],
  ]);
  for (const stack of ['registry', 'foundation', 'app'])
    assert.match(plain, new RegExp(`✓ sluice-dev-${stack} is as it should be`));
  assert.match(plain, /✓ \d+ files uploaded/);
  // The emulator runs no tasks.
  assert.match(plain, /✗ Services: not within \d+ min; /);
  assert.equal(code, 1, plain);
});

test('the last answers are what Enter takes; with NO_COLOR nothing is coloured', async () => {
  const remove = account.front.add(expireCredentials);
  const again = await deployOnTerminal(
    100,
    [
      ['AWS profile', '\r'],
      ['AWS region', '\r'],
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
