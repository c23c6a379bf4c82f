import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const root = mkdtempSync(join(tmpdir(), 'sluice-synth-'));
test.after(() => rmSync(root, { recursive: true }));

// A network of its own, in which there is nothing. Where the system does not let one make one, there is the network of the test.
const [isolate = process.execPath, ...isolation] =
  spawnSync('unshare', ['-rn', 'true']).status === 0 ? ['unshare', '-rn', process.execPath] : [];

/** Runs the command without the network, an account or a home to find one in. */
const synth = async (words: readonly string[], more: Readonly<Record<string, string>> = {}) => {
  const child = spawn(isolate, [...isolation, join(import.meta.dirname, 'synth.ts'), ...words], {
    env: { PATH: process.env['PATH'], HOME: root, ...more },
  });
  const [output, faults] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, output, faults };
};

const readFolder = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

test('all environments are made without a network and without an account, checked, and the same bytes each time', async () => {
  const [one, other] = [join(root, 'one'), join(root, 'other')];
  const first = await synth(['prod', '--output', one]);
  assert.equal(first.code, 0, first.faults);
  assert.match(first.output, /^prod\/foundation: \d+ resources$/m);
  assert.match(first.output, /^ {4}1 AWS::RDS::DBInstance$/m);
  assert.doesNotMatch(first.output, /^test\//m);
  // What has been checked once need not be checked again to be compared.
  const second = await synth(['--output', other], { CDK_VALIDATION: 'false' });
  assert.equal(second.code, 0, second.faults);
  assert.deepEqual(
    [...second.output.matchAll(/^(\w+)\/foundation: /gm)].map(([, name]) => name),
    ['test', 'dev', 'stage', 'prod'],
  );
  assert.doesNotMatch(second.output, /AWS::/);
  const [files, otherFiles] = [readFolder(one), readFolder(other)];
  const report = files.get('validation-report.json') ?? '';
  for (const made of [files, otherFiles]) made.delete('validation-report.json');
  assert.deepEqual(otherFiles, files);
  // Both kinds of rules have looked.
  const { pluginReports } = JSON.parse(report);
  const names = pluginReports.map(({ pluginName }: { readonly pluginName: string }) => pluginName);
  assert.deepEqual(names.toSorted(), ['AwsSolutions', 'CloudFormation Validate']);
});

test('an environment that there is not is told before anything is made', async () => {
  const { code, output, faults } = await synth(['production', '--output', join(root, 'none')]);
  assert.deepEqual([code, output], [1, '']);
  assert.match(faults, /^There is no environment production; there are test, dev, stage, prod$/m);
});
