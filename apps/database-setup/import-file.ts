import { importDump } from '@sluice/ledger/import-dump.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import type { Config } from './config.ts';
import { ownerSettingsOf } from './set-up.ts';

const sayEveryMs = 2_000;

/** Imports the dump `file` into the ledger, and says how far it is every 2 s. Throws what {@link importDump} does. */
export const importFile = async (config: Config, logger: Logger, file: string, takesNewIds: boolean): Promise<void> => {
  let saidAt = performance.now();
  const onProgress = (rows: number, ofRows: number) => {
    if (performance.now() - saidAt < sayEveryMs) return;
    saidAt = performance.now();
    logger.info({ file, rows, ofRows }, 'importing');
  };
  const { rows, total, wasKnown } = await importDump(ownerSettingsOf(config), file, { takesNewIds, onProgress });
  if (wasKnown) logger.info({ file, total }, 'this file was imported before; nothing was changed');
  else logger.info({ file, rows, total }, 'imported');
};
