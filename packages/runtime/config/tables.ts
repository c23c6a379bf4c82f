import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Declaration } from '@sluice/table/define-table.ts';
import { placeIn } from '@sluice/table/place.ts';
import { readTables, TablesError } from '@sluice/table/read-tables.ts';
import type { Table } from '@sluice/table/table.ts';

/**
 * Loads the declared tables: those of `tables/index.ts`, or of another TypeScript file that exports
 * `tables`. Throws a {@link TablesError} that names all faults.
 */
export const loadTables = async (file: string | undefined): Promise<Table[]> => {
  const name = file === undefined ? 'tables/index.ts' : `TABLES_FILE: ${file}`;
  let loaded: unknown;
  try {
    // A name that is known in advance, so that a bundle has the file.
    loaded = await (file === undefined ? import('@sluice/tables/index.ts') : import(pathToFileURL(resolve(file)).href));
  } catch (error) {
    throw new TablesError(loadFault(name, error));
  }
  if (!hasTables(loaded)) throw new TablesError(`${name} does not export a list \`tables\``);
  return readTables(loaded.tables);
};

/** Formats why a file of declarations could not be loaded, with the place that its stack names. */
const loadFault = (name: string, error: unknown): string => {
  if (!(error instanceof Error)) return `${name}, or a file that it imports, throws ${String(error)}`;
  const place = placeIn(error.stack?.split('\n') ?? [], [import.meta.url]);
  return place === undefined
    ? `${name}, or a file that it imports, could not be loaded: ${error.message}`
    : `${name} could not be loaded:\n  ${place}: ${error.message}`;
};

/**
 * Returns the folder with the migrations of the tables: `migrations` next to the file that declares
 * them.
 */
export const tableMigrationsFolderOf = (file: string | undefined): string =>
  join(
    file === undefined ? fileURLToPath(new URL('../../../tables', import.meta.url)) : dirname(resolve(file)),
    'migrations',
  );

const hasTables = (loaded: unknown): loaded is { readonly tables: readonly Declaration[] } =>
  typeof loaded === 'object' && loaded !== null && 'tables' in loaded && Array.isArray(loaded.tables);
