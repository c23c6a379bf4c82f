import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readGitState, tagOf } from './git-state.ts';

const { signal } = new AbortController();

/** Creates a repository without a commit. */
const createRepository = (context: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-git-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet');
  const commitOne = () => {
    writeFileSync(join(folder, 'one'), '1');
    git('add', 'one');
    git('commit', '--quiet', '--message', 'One');
  };
  return { folder, git, commitOne };
};

test('a tag has the commit and a hash of the uncommitted changes: equal changes give equal tags, others differ', async (context) => {
  const { folder, git, commitOne } = createRepository(context);
  const nothing = await readGitState(signal, folder);
  assert.match('issue' in nothing ? nothing.issue.what : '', /^There is no commit, .*: fatal: /);

  commitOne();
  const commit = git('rev-parse', 'HEAD');
  const state = async () => {
    const read = await readGitState(signal, folder);
    return 'issue' in read ? assert.fail(read.issue.what) : read;
  };
  const clean = await state();
  assert.deepEqual(clean, { commit, changes: undefined, changedFiles: [] });
  assert.equal(tagOf('dev', clean), `dev-${commit.slice(0, 12)}`);

  writeFileSync(join(folder, 'one'), '2');
  const changed = await state();
  assert.deepEqual(changed.changedFiles, ['one']);
  assert.match(tagOf('dev', changed), /^dev-[0-9a-f]{12}-[0-9a-f]{8}$/);
  assert.equal((await state()).changes, changed.changes);

  writeFileSync(join(folder, 'new'), '1');
  const withNew = await state();
  writeFileSync(join(folder, 'new'), '2');
  const withOther = await state();
  assert.equal(new Set([changed.changes, withNew.changes, withOther.changes]).size, 3);

  const pointed: (string | undefined)[] = [];
  for (const target of ['nowhere', '.']) {
    symlinkSync(target, join(folder, 'link'));
    pointed.push((await state()).changes);
    unlinkSync(join(folder, 'link'));
  }
  assert.notEqual(pointed[0], pointed[1]);
  git('init', '--quiet', 'inner');
  writeFileSync(join(folder, 'inner', 'two'), '2');
  assert.ok((await state()).changedFiles.includes('inner/'));
});

test('a comparison that fails is a problem, and not a tree without changes', async (context) => {
  const { folder, git, commitOne } = createRepository(context);
  commitOne();
  writeFileSync(join(folder, 'one'), '2');
  const failure = async () => {
    const state = await readGitState(signal, folder);
    if (!('issue' in state)) return assert.fail(`${state.commit} has ${state.changedFiles.length} changed files`);
    assert.match(state.issue.fix, /^git fsck /);
    return state.issue.what;
  };
  // The names of changed files are still known, but not their changes.
  const blob = git('rev-parse', 'HEAD:one');
  rmSync(join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
  assert.match(await failure(), /^Git cannot compare the files with the commit, .*: fatal: unable to read /);
  writeFileSync(join(folder, '.git/index'), 'x');
  assert.match(await failure(), /^Git cannot compare the files with the commit, .*: fatal: .*index/);
});

test('a repository of another user keeps the message of git, with the command that allows it', async (context) => {
  const { folder } = createRepository(context);
  // Git's own tests use this variable. It must not depend on the settings of the user.
  const others = { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const { env } = process;
  process.env = { ...env, ...others };
  context.after(() => {
    process.env = env;
  });
  const state = await readGitState(signal, folder);
  if (!('issue' in state)) assert.fail('git allowed it');
  assert.match(state.issue.what, /dubious ownership/);
  assert.match(state.issue.fix, /^git config --global --add safe\.directory /);
});
