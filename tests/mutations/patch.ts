import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** The error for a patch that does not apply to the current program. */
export class PatchError extends Error {
  readonly code = 'PATCH_STALE';
}

const run = promisify(execFile);

/**
 * Applies or reverts a patch. Throws a {@link PatchError} without changing anything when the patch
 * does not apply.
 */
export const applyPatch = async (program: string, file: string, direction: 'forth' | 'back'): Promise<void> => {
  await runGitApply(program, direction === 'forth' ? [file] : ['--reverse', file]);
};

/** Returns the reason why a patch does not apply, or `undefined`. Changes nothing. */
export const findPatchFault = async (program: string, file: string): Promise<string | undefined> => {
  try {
    await runGitApply(program, ['--check', file]);
    return undefined;
  } catch (error) {
    if (error instanceof PatchError) return error.message;
    throw error;
  }
};

const runGitApply = async (program: string, args: readonly string[]): Promise<void> => {
  try {
    await run('git', ['apply', '--whitespace=nowarn', ...args], {
      cwd: program,
      // Below the top of a repository, git would silently skip the files of a patch.
      env: { PATH: process.env['PATH'], GIT_CEILING_DIRECTORIES: dirname(program) },
    });
  } catch (error) {
    if (error instanceof Error && 'stderr' in error && 'code' in error && typeof error.code === 'number') {
      throw new PatchError(`the patch does not apply: ${String(error.stderr).trim()}`, { cause: error });
    }
    throw error;
  }
};
