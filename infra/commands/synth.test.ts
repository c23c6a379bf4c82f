import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { templatesOf } from '../policy/templates-of-tests.ts';
import type { StackTemplate } from '../policy/template.ts';
import { readAssembly } from '../read-assembly.ts';
import { readEnvironments } from '../read-environments.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-synth-'));
test.after(() => rmSync(root, { recursive: true }));

// An empty network namespace. If the system does not allow one, the command uses the test's
// network.
const [isolate = process.execPath, ...isolation] =
  spawnSync('unshare', ['-rn', 'true']).status === 0 ? ['unshare', '-rn', process.execPath] : [];

/** Runs the command without network, account or home directory. */
const synth = async (...words: string[]) => {
  const child = spawn(isolate, [...isolation, join(import.meta.dirname, 'synth.ts'), ...words], {
    env: { PATH: process.env['PATH'], HOME: root },
  });
  const [output, findings] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, output, findings };
};

const sort = (templates: readonly StackTemplate[]) =>
  templates.toSorted((left, right) => left.stack.localeCompare(right.stack));

test('synthesizes and checks all environments without network or account, with the same result each time', async () => {
  const all = join(root, 'all');
  const { code, output, findings } = await synth('--output', all);
  assert.equal(code, 0, findings);
  assert.match(output, /^prod\/foundation: \d+ resources$/m);
  assert.doesNotMatch(output, /AWS::RDS::DBInstance/);
  // Made by another process, at another time and in another folder.
  assert.deepEqual(sort(readAssembly(all)), sort(await templatesOf(await readEnvironments())));
  const report = readFileSync(join(all, 'validation-report.json'), 'utf8');
  // Both kinds of rules ran.
  const { pluginReports } = JSON.parse(report);
  const names = pluginReports.map(({ pluginName }: { readonly pluginName: string }) => pluginName);
  assert.deepEqual(names.toSorted(), ['AwsSolutions', 'CloudFormation Validate']);
});

test('synthesizes one environment alone, with the same templates, and lists its resources by kind', async () => {
  const one = join(root, 'one');
  const { code, output, findings } = await synth('prod', '--output', one);
  assert.equal(code, 0, findings);
  assert.match(output, /^ {4}1 AWS::RDS::DBInstance$/m);
  const templates = await templatesOf(await readEnvironments());
  assert.deepEqual(sort(readAssembly(one)), sort(templates.filter(({ stack }) => stack.startsWith('prod/'))));
});

test('unknown arguments exit with 2 and print the usage', () => {
  for (const [command, words] of [
    ['synth', ['--bogus']],
    ['cost', ['--chek']],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, `${command}.ts`), ...words], {
      encoding: 'utf8',
    });
    assert.equal(status, 2, `${command}: ${stderr}`);
    assert.match(stderr, /\nUsage: npm run [a-z:-]+/);
  }
});

test('an unknown environment is reported before the synthesis', async () => {
  const { code, output, findings } = await synth('production', '--output', join(root, 'none'));
  assert.deepEqual([code, output], [1, '']);
  const names = (await readEnvironments()).map(({ name }) => name);
  assert.match(findings, new RegExp(`^Unknown environment production\\. Choose one of: ${names.join(', ')}$`, 'm'));
});
