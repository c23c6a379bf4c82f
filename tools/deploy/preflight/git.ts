import type { Fault } from '../cli/explain.ts';
import type { GitState } from '../release/git-state.ts';

/**
 * Finds problems in the sources. Without a commit there is no tag, and protected environments run
 * only commits.
 */
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
