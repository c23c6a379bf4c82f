import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Issue } from '../cli/explain.ts';
import { repository } from '../folder.ts';
import { runProgram, type Ended } from '../cli/run-program.ts';

/**
 * The checked-out commit, and a hash of the uncommitted changes. The hash is undefined without
 * changes.
 */
export type GitState = {
  readonly commit: string;
  readonly changes: string | undefined;
  readonly changedFiles: readonly string[];
};

/**
 * Reads the state of the repository. Returns the problem if it is no repository, has no commit, or
 * belongs to another user, or if git cannot compare the files with the commit.
 */
export const readGitState = async (
  signal: AbortSignal,
  folder = repository,
): Promise<GitState | { readonly issue: Issue }> => {
  const git = (...args: readonly string[]) => runProgram('git', args, { cwd: folder, signal });
  const head = await git('rev-parse', '--verify', 'HEAD');
  if (head.status !== 0) return { issue: explainGit(head) };
  const tracked = await git('diff', 'HEAD', '--binary', '--no-ext-diff');
  const untracked = await git('ls-files', '--others', '--exclude-standard', '-z');
  const names = await git('diff', 'HEAD', '--name-only', '-z');
  // Without its output, changed files would count as the commit.
  const failed = [tracked, untracked, names].find(({ status }) => status !== 0);
  if (failed !== undefined) return { issue: explainComparison(failed) };
  const newFiles = untracked.output.split('\0').filter((name) => name !== '');
  const changedFiles = [...names.output.split('\0').filter((name) => name !== ''), ...newFiles];
  if (changedFiles.length === 0) return { commit: head.output.trim(), changes: undefined, changedFiles };
  const hash = createHash('sha256').update(tracked.output);
  for (const name of newFiles.toSorted()) hash.update(`\0${name}\0`).update(contentOf(join(folder, name)));
  return { commit: head.output.trim(), changes: hash.digest('hex').slice(0, 8), changedFiles };
};

/** Returns the line with which git explains its failure. */
const reasonOf = ({ lastLines }: Ended): string =>
  lastLines.find((line) => /^(?:fatal|error):/.test(line)) ?? lastLines.at(-1) ?? 'git printed nothing';

const explainComparison = (ended: Ended): Issue => ({
  what: `Git cannot compare the files with the commit, so the images have no tag: ${reasonOf(ended)}`,
  where: 'git',
  fix: 'git fsck shows what is damaged; deploy from a new clone, or repair it',
});

const explainGit = (ended: Ended): Issue => {
  const { lastLines } = ended;
  const said = reasonOf(ended);
  // Git refuses a repository of another user, and prints the command that allows it.
  const exception = lastLines.find((line) => line.includes('safe.directory'))?.trim();
  return exception === undefined
    ? {
        what: `There is no commit, and image tags need one: ${said}`,
        where: 'git',
        fix: 'git init, git add --all, git commit',
      }
    : { what: said, where: 'git', fix: exception };
};

/**
 * Returns the content of a new file. For a link, which may be dangling, it returns the target's
 * path. For a nested repository, which git lists as a folder, it returns an empty string.
 */
const contentOf = (path: string): string | Buffer => {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return readlinkSync(path);
  return stats.isFile() ? readFileSync(path) : '';
};

/**
 * Returns the tag of an environment's images: `dev-0123456789ab`, followed by the hash of
 * uncommitted changes, if any.
 */
export const tagOf = (environment: string, { commit, changes }: Pick<GitState, 'commit' | 'changes'>): string =>
  [environment, commit.slice(0, 12), ...(changes === undefined ? [] : [changes])].join('-');
