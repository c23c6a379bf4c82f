import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One way to break the program, and the test that must see it. */
export type Mutation = {
  /** The name of its file without `.patch`. */
  readonly name: string;
  /** The path of its file. */
  readonly file: string;
  /** The invariant that it breaks, and how, in one sentence. */
  readonly invariant: string;
  readonly test: NamedTest;
};

/** A test by its file, relative to the repository, and its title. */
export type NamedTest = { readonly path: string; readonly title: string };

/** A file of this folder is not what {@link parseMutation} reads. */
export class MutationFileError extends Error {
  readonly code = 'MUTATION_FILE';
}

const extension = '.patch';
const header = /^(?<invariant>[^\n]+\.)\n\nTest: (?<path>\S+) › (?<title>[^\n]+)\n\ndiff --git /;

/** Reads all mutations of `folder`, in the order of their names. Throws a {@link MutationFileError}. */
export const readMutations = async (folder: string): Promise<Mutation[]> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith(extension)).toSorted();
  return Promise.all(
    names.map(async (name) => parseMutation(join(folder, name), await readFile(join(folder, name), 'utf8'))),
  );
};

/**
 * Reads the head of a mutation: a sentence, an empty line, `Test: path › title`, an empty line, and then a diff as `git diff`
 * writes it. Throws a {@link MutationFileError}.
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

/** A test as people read it. */
export const nameOf = ({ path, title }: NamedTest): string => `${path} › ${title}`;
