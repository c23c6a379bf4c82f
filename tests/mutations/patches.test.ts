import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { checkMutations } from './check-mutations.ts';
import { parseMutation, readMutations } from './mutation.ts';
import { proveMutations } from './prove.ts';

test('every patch applies to the program, and the test that must catch it is there', async () => {
  const mutations = await readMutations(join(import.meta.dirname, 'patches'));
  assert.notEqual(mutations.length, 0);
  const faults = await checkMutations(repository, mutations);
  assert.deepEqual(
    faults.map(({ mutation, reason }) => `${mutation.name}: ${reason}`),
    [],
  );
});

const source = `/** Twice the number. */
export const double = (number: number): number => number * 2;
`;

const program: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }',
  'tsconfig.json':
    '{ "compilerOptions": { "module": "nodenext", "noEmit": true, "allowImportingTsExtensions": true, "types": ["node"], "strict": true } }',
  'double.ts': source,
  'double.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { double } from './double.ts';

test('three is doubled', () => assert.equal(double(3), 6));
test('nought is doubled', () => assert.equal(double(0), 0));
test('a test that fails', () => assert.equal(double(0), 1));
test.skip('a test that is skipped', () => assert.equal(double(0), 1));
for (const number of [1]) test(\`the double of \${number} is even\`, () => assert.equal(double(number) % 2, 0));
`,
  // A stand-in for the script that starts the servers of the tests.
  'tests/run.ts': `import { spawnSync } from 'node:child_process';
process.exitCode = spawnSync(process.execPath, ['--test', ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
`,
};

/** Creates a small program, and mutations that replace its second line. */
const setUp = (t: TestContext) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-mutations-test-')));
  t.after(() => rmSync(folder, { recursive: true }));
  const copy = join(folder, 'program');
  for (const [path, text] of Object.entries(program)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
  mkdirSync(join(copy, 'node_modules'));
  for (const name of ['typescript', '@types'])
    symlinkSync(join(repository, 'node_modules', name), join(copy, 'node_modules', name));

  const [first = '', second = ''] = source.split('\n');
  const mutate = (name: string, title: string, line: string, before = second) => {
    const file = join(folder, `${name}.patch`);
    const diff = `--- a/double.ts\n+++ b/double.ts\n@@ -1,2 +1,2 @@\n ${first}\n-${before}\n+${line}\n`;
    const text = `It doubles.\n\nTest: double.test.ts › ${title}\n\ndiff --git a/double.ts b/double.ts\n${diff}`;
    writeFileSync(file, text);
    return parseMutation(file, text);
  };
  return { copy, mutate };
};

const triple = 'export const double = (number: number): number => number * 3;';

test('a patch that does not apply and a test that is not there are found', async (t) => {
  const { copy, mutate } = setUp(t);
  const faults = await checkMutations(copy, [
    mutate('good', 'three is doubled', triple),
    mutate('of-a-template', 'the double of 1 is even', triple),
    mutate('stale', 'three is doubled', triple, 'export const double = 2;'),
    mutate('untested', 'four is doubled', triple),
  ]);
  assert.deepEqual(
    faults.map(({ mutation }) => mutation.name),
    ['stale', 'untested'],
  );
  assert.match(faults[0]?.reason ?? '', /double\.ts:1/);
  assert.match(faults[1]?.reason ?? '', /has no test with the title "four is doubled"/);
});

test('a mutation is caught by the failure of its own test, and by nothing else', async (t) => {
  const { copy, mutate } = setUp(t);
  const mutations = [
    mutate('caught', 'three is doubled', triple),
    mutate('survived', 'nought is doubled', triple),
    mutate('no-types', 'three is doubled', 'export const double = (number: number): number => numbers * 2;'),
    mutate('not-loaded', 'three is doubled', `throw new Error('gone');${triple}`),
    mutate('fails-anyway', 'a test that fails', triple),
    mutate('skipped', 'a test that is skipped', triple),
    mutate('stale', 'three is doubled', triple, 'export const double = 2;'),
  ];
  const verdicts = await proveMutations(mutations, {
    program: copy,
    environment: process.env,
    stopping: new AbortController().signal,
    onProgress: () => undefined,
  });
  const seen = Object.fromEntries(verdicts.map(({ mutation, verdict, why }) => [mutation.name, `${verdict}: ${why}`]));
  for (const [name, expected] of Object.entries({
    caught: /^caught: Expected values to be strictly equal/,
    survived: /^survived: its test passed/,
    'no-types': /^error: the mutation is no program: double\.ts\(2,\d+\): .*numbers/,
    'not-loaded': /^error: with the mutation its test was not run:[^]*gone/,
    'fails-anyway': /^error: without the mutation its test failed:[^]*Expected values/,
    skipped: /^error: without the mutation its test was not run/,
    stale: /^error: the patch does not apply/,
  })) {
    assert.match(seen[name] ?? '', expected);
  }
});

test('a file without its sentence or its test is refused', () => {
  for (const text of ['', 'A sentence.\n\ndiff --git a/x b/x\n', 'Test: a.test.ts › a title\n\ndiff --git a/x b/x\n']) {
    assert.throws(() => parseMutation('folder/name.patch', text), { code: 'MUTATION_FILE' });
  }
});
