import { importDump, ImportError } from '@sluice/ledger/dump/import-dump.ts';
import { DumpError } from '@sluice/ledger/dump/split-statements.ts';
import type { Config } from './config.ts';
import { ownerSettingsOf } from './set-up.ts';

/** The output of the command, one line at a time. */
type Terminal = { readonly say: (line: string) => void; readonly warn: (line: string) => void };

const sayEveryMs = 2_000;
const number = new Intl.NumberFormat('en');

/**
 * Runs `import FILE`: imports a dump and prints its progress every 2 s. Resolves to the exit code:
 * 1 if nothing was imported. Throws defects.
 */
export const runImport = async (
  config: Config,
  file: string,
  takesNewIds: boolean,
  { say, warn }: Terminal,
): Promise<number> => {
  let saidAt = performance.now();
  const onProgress = (rows: number, ofRows: number) => {
    if (performance.now() - saidAt < sayEveryMs) return;
    saidAt = performance.now();
    say(`${file}: ${number.format(rows)} of ${number.format(ofRows)} rows`);
  };
  try {
    const { rows, total, wasKnown, otherTables } = await importDump(ownerSettingsOf(config), file, {
      takesNewIds,
      onProgress,
    });
    const now = `The database has ${number.format(total)} rows.`;
    if (wasKnown) say(`${file} was already imported. Nothing changed. ${now}`);
    else if (rows === 0) say(`${file} has the table count without rows: 0 rows imported. ${now}`);
    else say(`${file}: ${number.format(rows)} rows imported. ${now}`);
    if (otherTables.length > 0) say(`Skipped tables (only count is imported): ${otherTables.join(', ')}`);
    return 0;
  } catch (error) {
    const reason = reasonOf(error, config);
    if (reason === undefined) throw error;
    warn(`${file}: ${reason}`);
    return 1;
  }
};

/** Formats an expected error for the user. Returns `undefined` for any other error. */
const reasonOf = (error: unknown, { DB_HOST: host, DB_PORT: port, DB_NAME: database }: Config): string | undefined => {
  if (error instanceof DumpError || error instanceof ImportError) return error.message;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  switch (error.code) {
    case 'ER_BAD_DB_ERROR':
    case 'ER_NO_SUCH_TABLE':
      return `the database ${database} on ${host}:${port} is not set up. Set it up: npm start, or node apps/database-setup/main.ts`;
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_DBACCESS_DENIED_ERROR':
      return `MySQL on ${host}:${port} refuses the login (${error.message}). Check DB_USER and DB_PASSWORD`;
    default:
      return error.code.startsWith('ER_')
        ? `MySQL refused the import (${error.message}); nothing was imported`
        : `MySQL on ${host}:${port} is unavailable (${error.code}). Start it with npm start, or set DB_HOST and DB_PORT`;
  }
};
