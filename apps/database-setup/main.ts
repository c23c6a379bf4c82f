import { parseArgs } from 'node:util';
import { runCommand } from '@sluice/runtime/command.ts';
import { readConfigOrExit } from '@sluice/runtime/config/config.ts';
import { loadTables } from '@sluice/runtime/config/tables.ts';
import { escapeControls } from '@sluice/runtime/logging/escape-controls.ts';
import { configSchema } from './config.ts';
import { runImport } from './import-command.ts';
import { setUp } from './set-up.ts';

// Without arguments: creates the database and its users, and applies migrations, with log lines.
// `import FILE`: imports a dump of the table `count`, with output for a person. With --new-ids, the
// rows get new ids.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { 'new-ids': { type: 'boolean' } },
});
const [command = 'migrate', file, ...more] = positionals;

if (command === 'migrate' && file === undefined) {
  await runCommand(process, {
    name: 'database-setup',
    schema: configSchema,
    run: async (config, logger) => {
      // Every service refuses a faulty declaration. Here it is named once, and nothing changes.
      await loadTables(config.TABLES_FILE);
      await setUp(config, logger);
    },
  });
} else if (command === 'import' && file !== undefined && more.length === 0) {
  const config = readConfigOrExit(process, 'import', configSchema);
  process.exitCode = await runImport(config, file, values['new-ids'] === true, {
    say: (line) => process.stdout.write(`${escapeControls(line)}\n`),
    warn: (line) => process.stderr.write(`${escapeControls(line)}\n`),
  });
} else {
  process.stderr.write(
    'Usage:\n  npm run import -- FILE [--new-ids]   imports the rows of the table count from an SQL dump, all or none\n',
  );
  process.exitCode = 2;
}
