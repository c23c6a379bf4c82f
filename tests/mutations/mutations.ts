import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A mutation of the program, and the test that must fail because of it. */
export type Mutation = {
  /** The name of the patch file without `.patch`. */
  readonly name: string;
  readonly file: string;
  /** The file of the test, relative to the repository, and its title. */
  readonly path: string;
  readonly title: string;
};

const folder = join(import.meta.dirname, 'patches');
const header = /^[^\n]+\.\n\nTest: (?<path>\S+) › (?<title>[^\n]+)\n\ndiff --git /;

/**
 * Reads all mutations. A file has a sentence, an empty line, `Test: path › title`, an empty line,
 * and a diff as `git diff` writes it.
 */
export const readMutations = (): Mutation[] =>
  readdirSync(folder).map((name) => {
    const file = join(folder, name);
    const { path, title } = header.exec(readFileSync(file, 'utf8'))?.groups ?? {};
    if (path === undefined || title === undefined) throw new Error(`${file} has no sentence, no test or no diff`);
    return { name: name.replace('.patch', ''), file, path, title };
  });

/** Applies a patch to the program in the folder `program`. Throws what git says against it. */
export const applyPatch = (program: string, file: string, ...options: readonly string[]): void => {
  execFileSync('git', ['apply', ...options, file], { cwd: program, stdio: 'pipe' });
};
