import { migrate } from '@sluice/ledger/migrate.ts';
import { runCommand } from '@sluice/runtime/command.ts';
import { configSchema } from './config.ts';

await runCommand(process, {
  name: 'database-setup',
  schema: configSchema,
  run: async (config, logger) => {
    const applied = await migrate({
      host: config.DB_HOST,
      port: config.DB_PORT,
      user: config.DB_USER,
      password: config.DB_PASSWORD,
      database: config.DB_NAME,
    });
    logger.info({ database: config.DB_NAME, applied }, 'the database is set up');
  },
});
