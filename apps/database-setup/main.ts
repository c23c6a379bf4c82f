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

await runCommand(process, {
  name: 'database-setup',
  schema: configSchema,
  run: async (config, logger) => {
    if (command === 'migrate' && file === undefined) return setUp(config, logger);
    if (command === 'import' && file !== undefined && more.length === 0) {
      return importFile(config, logger, file, values['new-ids'] === true);
    }
    throw new Error('Say migrate, or import FILE [--new-ids]');
  },
});
