import type { Connection } from 'mysql2/promise';

const columnIsThere = 1060;

/**
 * Runs the statement of a migration, which may run again after an interruption: DDL is not
 * transactional, and MySQL has no ADD COLUMN IF NOT EXISTS. The caller checks a column that was
 * there.
 */
export const runMigration = async (connection: Connection, statement: string): Promise<void> => {
  try {
    await connection.query(statement);
  } catch (error) {
    const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
    if (errno !== columnIsThere) throw error;
  }
};
