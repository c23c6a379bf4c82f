import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapePattern } from './escape-pattern.ts';
import type { Mutation, NamedTest } from './mutation.ts';
import { findPatchFault } from './patch.ts';

/** A problem with a mutation. */
export type Fault = { readonly mutation: Mutation; readonly reason: string };

/**
 * Checks that each patch applies to `program` and that its test exists, without running anything.
 */
export const checkMutations = async (program: string, mutations: readonly Mutation[]): Promise<Fault[]> => {
  const faults = await Promise.all(
    mutations.map(async (mutation) => {
      const reasons = [await findPatchFault(program, mutation.file), await findTestFault(program, mutation.test)];
      return reasons.filter((reason) => reason !== undefined).map((reason) => ({ mutation, reason }));
    }),
  );
  return faults.flat();
};

const findTestFault = async (program: string, { path, title }: NamedTest): Promise<string | undefined> => {
  let source: string;
  try {
    source = await readFile(join(program, path), 'utf8');
  } catch (error) {
    return `its test cannot be read: ${String(error)}`;
  }
  return readTitles(source).some((pattern) => pattern.test(title))
    ? undefined
    : `${path} has no test with the title "${title}"`;
};

/** Returns patterns of the test titles in a file. A template's placeholders match any text. */
const readTitles = (source: string): RegExp[] =>
  [...source.matchAll(/\btest\(\s*(['"`])(?<title>(?:\\.|(?!\1).)+)\1/g)].map(
    ({ groups }) =>
      new RegExp(
        `^${(groups?.['title'] ?? '')
          .split(/\$\{[^}]*\}/)
          .map((part) => escapePattern(part.replaceAll(/\\(.)/g, '$1')))
          .join('.+')}$`,
      ),
  );
