import type { Issue } from '../cli/explain.ts';
import type { GitState } from '../release/git-state.ts';

/**
 * Finds problems in the sources. Without a commit there is no tag, and protected environments run
 * only commits.
 */
export const checkGit = (
  state: GitState | { readonly issue: Issue },
  { name, isProtected }: { readonly name: string; readonly isProtected: boolean },
): Issue[] => {
  if ('issue' in state) return [state.issue];
  if (!isProtected || state.changes === undefined) return [];
  const shown = state.changedFiles.slice(0, 5).join(', ');
  const what = `${state.changedFiles.length} files have uncommitted changes (${shown}), and ${name} runs only commits`;
  return [{ what, where: 'git', fix: 'git commit, or git stash --include-untracked' }];
};

/** Warns about alarms that link to a repository that nobody has. */
export const noteRepository = ({ hasAlarms }: { readonly hasAlarms: boolean }, address: string): string[] =>
  hasAlarms && address.includes('/OWNER/')
    ? [`Alarms link to the runbook in ${address}. Set "repository" in package.json to the address of yours`]
    : [];
