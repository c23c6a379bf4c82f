import { isRefusal } from './refusals.ts';

/** MySQL refused the statement of a migration. The message names its file, the reason and the fix. */
export class MigrationFailedError extends Error {
  readonly code = 'MIGRATION_FAILED';
}

const lockErrors = new Set([
  1205, // lock wait timeout
  1213, // deadlock
]);

/** Explains an error that MySQL answered to the statement of a file. Returns any other as it is. */
export const explainFailure = (error: unknown, file: string): unknown => {
  if (!(error instanceof Error && 'sqlState' in error && 'errno' in error)) return error;
  // By number: mysql2 does not know the errors of MariaDB and calls some of them by another name.
  const reason = `${error.message.replace(/\.$/, '')} (${Number(error.errno)})`;
  return new MigrationFailedError(`${file}: ${reason}. ${fixOf(error)}`, { cause: error });
};

const fixOf = (error: Error & { readonly errno: unknown }): string => {
  if (lockErrors.has(Number(error.errno)))
    return 'A long transaction uses the table. Wait for its end, and run the set-up again: the file is not applied yet.';
  if (isRefusal(error)) return 'Rows of the table break the rule. Change them or the file: it is not applied yet.';
  return 'Correct the file, or what the reason names: it is not applied yet.';
};
