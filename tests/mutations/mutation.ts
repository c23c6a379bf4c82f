import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A mutation of the program, and the test that must fail because of it. */
export type Mutation = {
  /** The name of the patch file without `.patch`. */
  readonly name: string;
  /** The path of the patch file. */
  readonly file: string;
  /** The invariant that the mutation violates, and how, in one sentence. */
  readonly invariant: string;
  readonly test: NamedTest;
};

/** A test: its file, relative to the repository, and its title. */
export type NamedTest = { readonly path: string; readonly title: string };

/** The error for a file that {@link parseMutation} cannot read. */
export class MutationFileError extends Error {
  readonly code = 'MUTATION_FILE';
}

const extension = '.patch';
const header = /^(?<invariant>[^\n]+\.)\n\nTest: (?<path>\S+) › (?<title>[^\n]+)\n\ndiff --git /;

/** Reads all mutations of `folder`, sorted by name. Throws a {@link MutationFileError}. */
export const readMutations = async (folder: string): Promise<Mutation[]> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith(extension)).toSorted();
  return Promise.all(
    names.map(async (name) => parseMutation(join(folder, name), await readFile(join(folder, name), 'utf8'))),
  );
};

/**
 * Parses a mutation file: a sentence, an empty line, `Test: path › title`, an empty line, and a
 * diff as `git diff` writes it. Throws a {@link MutationFileError}.
 */
export const parseMutation = (file: string, text: string): Mutation => {
  const { invariant, path, title } = header.exec(text)?.groups ?? {};
  if (invariant === undefined || path === undefined || title === undefined) {
    throw new MutationFileError(
      `${file} must begin with a sentence, an empty line, "Test: path › title", an empty line, and then the diff`,
    );
  }
  return { name: file.slice(file.lastIndexOf('/') + 1, -extension.length), file, invariant, test: { path, title } };
};

/** Formats a test for people. */
export const nameOf = ({ path, title }: NamedTest): string => `${path} › ${title}`;
