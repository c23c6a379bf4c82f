import type { Fault } from '../explain.ts';
import type { GitState } from '../git-state.ts';

/** What is wrong with the sources: without a commit there is no tag, and what is protected runs commits alone. */
export const judgeGit = (
  state: GitState | { readonly fault: Fault },
  { name, isProtected }: { readonly name: string; readonly isProtected: boolean },
): Fault[] => {
  if ('fault' in state) return [state.fault];
  if (!isProtected || state.changes === undefined) return [];
  const shown = state.changedFiles.slice(0, 5).join(', ');
  const what = `${state.changedFiles.length} files are not as committed (${shown}), and ${name} runs commits alone`;
  return [{ what, where: 'git', mend: 'git commit, or git stash --include-untracked' }];
};
