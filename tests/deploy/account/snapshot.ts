import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import type { Owner } from '@sluice/test-servers/test-file.ts';

/** A commit of all sources as they are, and the variables with which git finds it. */
export type Snapshot = { readonly commit: string; readonly variables: Readonly<Record<string, string>> };

/**
 * Commits the sources to a repository of its own, so that a protected environment can be deployed
 * while files have uncommitted changes.
 */
export const commitSources = (owner: Owner): Snapshot => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-snapshot-'));
  owner.after(() => rmSync(folder, { recursive: true, force: true }));
  const variables = { GIT_DIR: join(folder, 'git'), GIT_WORK_TREE: repository };
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { cwd: repository, env: { ...process.env, ...variables }, encoding: 'utf8' });
  git('init', '--quiet');
  git('add', '--all');
  git('-c', 'user.name=x', '-c', 'user.email=x@example.org', 'commit', '--quiet', '--message', 'The sources');
  return { commit: git('rev-parse', 'HEAD').trim(), variables };
};
