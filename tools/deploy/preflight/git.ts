import type { Fault } from '../explain.ts';
import type { GitState } from '../git-state.ts';

/** What is wrong with the sources: without a commit there is no tag, and what is protected runs commits alone. */
export const judgeGit = (
  state: GitState | undefined,
  { name, isProtected }: { readonly name: string; readonly isProtected: boolean },
): Fault[] => {
  const where = 'git';
  if (state === undefined) {
    return [
      { what: 'There is no commit, by which images are named', where, mend: 'git init, git add --all, git commit' },
    ];
  }
  if (!isProtected || state.changes === undefined) return [];
  const shown = state.changedFiles.slice(0, 5).join(', ');
  const what = `${state.changedFiles.length} files are not as committed (${shown}), and ${name} runs commits alone`;
  return [{ what, where, mend: 'git commit, or git stash --include-untracked' }];
};
