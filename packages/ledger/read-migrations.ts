import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of migrations: one statement. */
export type Migration = { readonly name: string; readonly statement: string; readonly checksum: string };

/**
 * Reads the migrations in a folder, in the order of their names. A missing folder has none.
 *
 * @param prefix The beginning of the names that they get.
 */
export const readMigrations = async (folder: string, prefix = ''): Promise<Migration[]> => {
  const names = (await listFolder(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const statement = await readFile(join(folder, name), 'utf8');
      return { name: `${prefix}${name}`, statement, checksum: createHash('sha256').update(statement).digest('hex') };
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
