import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { applyPatch, readMutations } from '@sluice/mutations/mutations.ts';

const folder = '/run/drill/mutated';

/**
 * Applies a mutation to the program, as only the processes of this drill see it: the patched files
 * are mounted over the true ones.
 */
export const patchProgram = (name: string): void => {
  const mutation = readMutations().find((each) => each.name === name);
  if (mutation === undefined) throw new Error(`There is no mutation ${name}`);
  const files = [...readFileSync(mutation.file, 'utf8').matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file = '']) => file);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(repository, file), join(folder, file));
  }
  applyPatch(folder, mutation.file);
  for (const file of files) execFileSync('mount', ['--bind', join(folder, file), join(repository, file)]);
};
