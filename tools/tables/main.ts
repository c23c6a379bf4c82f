import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrations } from '@sluice/ledger/read-migrations.ts';
import { loadTables, tableMigrationsFolderOf } from '@sluice/runtime/config/tables.ts';
import { MigrationsError, tablesAfter } from '@sluice/table/migration.ts';
import { TablesError } from '@sluice/table/read-tables.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import { planMigrations } from './plan-migrations.ts';

// `npm run tables` writes the migrations that the declarations in `tables/` need, next to them in
// `migrations`. With `--check` it writes nothing, and fails when a migration is missing. Like the
// services, it uses the file of TABLES_FILE instead of `tables/index.ts`.

const isCheck = process.argv.includes('--check');

const run = async (): Promise<number> => {
  const file = process.env['TABLES_FILE'];
  const folder = tableMigrationsFolderOf(file);
  const migrations = await readMigrations(folder);
  const { files, refusals, undeclared } = planMigrations(
    (await loadTables(file)).map(storedTableOf),
    tablesAfter(migrations),
    migrations.map(({ name }) => name),
  );
  if (refusals.length > 0) {
    console.error(['Tables can only grow, so these changes have no migration:', ...refusals].join('\n  '));
    return 1;
  }
  if (isCheck) {
    if (files.length === 0) return 0;
    console.error(`Migrations are missing: ${files.map(({ name }) => name).join(', ')}. Run: npm run tables`);
    return 1;
  }
  if (files.length > 0) mkdirSync(folder, { recursive: true });
  for (const { name, statement } of files) {
    writeFileSync(join(folder, name), statement, { flag: 'wx' });
    console.log(`Wrote ${join(folder, name)}`);
  }
  if (files.length === 0) console.log('The migrations have every declared table and column. Nothing to write.');
  else console.log('Commit them. The next set-up of the database applies them: npm start, or a deployment.');
  for (const name of undeclared) console.log(`${name} is declared no more. Its table and its rows stay in MySQL.`);
  return 0;
};

try {
  process.exitCode = await run();
} catch (error) {
  if (!(error instanceof TablesError || error instanceof MigrationsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
