import type { Connection } from 'mysql2/promise';

const columnIsThere = new Set([1060]);

/**
 * Runs the statement of a migration, which may run again after an interruption: DDL is not
 * transactional, and MySQL has no ADD COLUMN IF NOT EXISTS.
 *
 * @param doneErrors Numbers of the errors that say that the statement ran before.
 */
export const runMigration = async (
  connection: Connection,
  statement: string,
  doneErrors: ReadonlySet<number> = columnIsThere,
): Promise<void> => {
  try {
    await connection.query(statement);
  } catch (error) {
    const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
    if (!doneErrors.has(errno)) throw error;
  }
};
