import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of migrations: one statement. */
export type Migration = {
  /** Its name in the table `migrations`. */
  readonly name: string;
  /** Its path. */
  readonly file: string;
  readonly statement: string;
  readonly checksum: string;
};

/**
 * Reads the migrations in a folder, in the order of their names. A missing folder has none.
 *
 * @param prefix The beginning of the names that they get.
 */
export const readMigrations = async (folder: string, prefix = ''): Promise<Migration[]> => {
  const names = (await listFolder(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const statement = await readFile(file, 'utf8');
      const checksum = createHash('sha256').update(statement).digest('hex');
      return { name: `${prefix}${name}`, file, statement, checksum };
    }),
  );
};

const listFolder = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
};
