import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const repository = join(import.meta.dirname, '..');
/** The folder with the sources of the function. */
export const databaseSetupFolder = join(repository, 'apps/database-setup');

const migrations = join(repository, 'packages/ledger/migrations');
const tableMigrations = join(repository, 'tables/migrations');

/**
 * Bundles the function that sets up the database into `folder`. The bundle is one module with its
 * dependencies and Amazon's certificate authorities. The migrations are next to it, those of the
 * declared tables, and the dumps that may be imported, if there are any. The same sources produce the same bytes, wherever the
 * repository is.
 */
export const bundleDatabaseSetup = (folder: string, dumps = join(databaseSetupFolder, 'dumps')): void => {
  buildSync({
    absWorkingDir: repository,
    entryPoints: [join(databaseSetupFolder, 'lambda/main.ts')],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Dependencies that are not modules call require.
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    // Keeps the stack traces of errors readable.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'error',
  });
  cpSync(migrations, join(folder, 'migrations'), { recursive: true });
  if (existsSync(tableMigrations)) cpSync(tableMigrations, join(folder, 'tables/migrations'), { recursive: true });
  if (existsSync(dumps)) cpSync(dumps, join(folder, 'dumps'), { recursive: true });
};
