import { parseArgs } from 'node:util';
import { runCommand } from '@sluice/runtime/command.ts';
import { configSchema } from './config.ts';
import { importFile } from './import-file.ts';
import { setUp } from './set-up.ts';

// Without a word: the database, its users and its migrations. `import FILE`: a dump of the table `count`; with --new-ids under new ids.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { 'new-ids': { type: 'boolean' } },
});
const [command = 'migrate', file, ...more] = positionals;

const isMigrate = command === 'migrate' && file === undefined;
const isImport = command === 'import' && file !== undefined && more.length === 0;

if (!isMigrate && !isImport) {
  process.stderr.write(
    'Usage:\n  npm run import -- FILE [--new-ids]   takes the rows of table count from a SQL dump, all or none\n',
  );
  process.exit(2);
}

await runCommand(process, {
  name: 'database-setup',
  schema: configSchema,
  run: (config, logger) =>
    file === undefined ? setUp(config, logger) : importFile(config, logger, file, values['new-ids'] === true),
});
