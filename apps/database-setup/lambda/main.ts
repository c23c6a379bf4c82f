import { fileURLToPath } from 'node:url';
import { importDump } from '@sluice/ledger/dump/import-dump.ts';
import { readConfig } from '@sluice/runtime/config/config.ts';
import { createLogger } from '@sluice/runtime/logging/logger.ts';
import { configSchema } from '../config.ts';
import { createCustomResource } from '../custom-resource.ts';
import { ownerSettingsOf, setUp } from '../set-up.ts';

/**
 * The Lambda handler: sets the database up as a custom resource. The migrations of the declared
 * tables are in `tables/migrations/` next to it, and dumps to import in `dumps/`.
 */
export const handler = createCustomResource(async ({ ImportFile }) => {
  const logger = createLogger('database-setup', process.env['LOG_LEVEL'] ?? 'info');
  try {
    // Read here, so that an invalid configuration gets an answer too.
    const config = readConfig(configSchema, process.env);
    await setUp(config, logger, fileURLToPath(new URL('tables/migrations/', import.meta.url)));
    if (ImportFile === undefined) return;
    const file = fileURLToPath(new URL(`dumps/${ImportFile}`, import.meta.url));
    const imported = await importDump(ownerSettingsOf(config), file, {
      takesNewIds: false,
      onProgress: (rows, ofRows) => logger.debug({ rows, ofRows }, 'importing'),
    });
    logger.info({ file: ImportFile, ...imported }, 'imported');
  } catch (error) {
    logger.error({ err: error }, 'could not set up the database');
    throw error;
  }
});
