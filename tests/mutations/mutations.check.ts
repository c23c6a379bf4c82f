import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { applyPatch, readMutations, type Mutation } from './mutations.ts';

// `npm run test:mutations [-- --test-name-pattern=NAME]`: applies one mutation after the other to a
// copy of the program, as `git stash` would keep it, and checks that its test fails.

// Longer than the limit of the test, which cannot end a test that blocks its thread.
const longestTestMs = 300_000;
const timeout = 360_000;
const run = (program: string, args: readonly string[], cwd = repository) =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

const folder = mkdtempSync(join(tmpdir(), 'sluice-mutations-'));
const copy = join(folder, 'program');
after(() => {
  run('git', ['worktree', 'remove', '--force', copy]);
  rmSync(folder, { recursive: true });
});
run('git', ['worktree', 'add', '--detach', copy, run('git', ['stash', 'create']) || 'HEAD']);
run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], copy);

/** Runs only the test of a mutation. Kills all processes that it leaves. Returns its report. */
const runTest = async ({ path, title }: Mutation, signal: AbortSignal): Promise<string> => {
  const name = title.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  const args = ['--test', '--test-reporter=tap', `--test-timeout=${longestTestMs}`, `--test-name-pattern=^${name}$`];
  // With NODE_TEST_CONTEXT the child would be part of this very test run.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, TMPDIR: folder };
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, [...args, path], { cwd: copy, env, stdio: [...stdio], detached: true });
  const killGroup = () => void spawnSync('kill', ['-KILL', '--', `-${child.pid}`]);
  child.once('exit', killGroup);
  signal.addEventListener('abort', killGroup);
  return text(child.stdout);
};

const reportsAbout = (report: string, title: string): readonly string[] =>
  [...report.matchAll(/^(ok|not ok) \d+ - (.*?)(?: # .*)?$/gm)]
    .filter(([, , name = '']) => name.replaceAll('\\', '') === title.replaceAll('\\', ''))
    .map(([, result = '']) => result);

// A test that fails without the mutation proves nothing, and neither does one that is not found.
const proven = new Set<string>();

for (const mutation of readMutations()) {
  const { name, file, path, title } = mutation;
  test(name, { timeout: 2 * timeout }, async ({ signal }) => {
    if (!proven.has(`${path} ${title}`)) {
      const report = await runTest(mutation, signal);
      assert.deepEqual(reportsAbout(report, title), ['ok'], `without the mutation:\n${report}`);
      proven.add(`${path} ${title}`);
    }
    applyPatch(copy, file);
    try {
      const report = await runTest(mutation, signal);
      assert.deepEqual(reportsAbout(report, title), ['not ok'], `with the mutation:\n${report}`);
    } finally {
      applyPatch(copy, file, '--reverse');
    }
  });
}
