import type { Connection } from 'mysql2/promise';

const unknownDatabase = 1049;

/**
 * Makes a database the current one, and creates it if it is missing. On MySQL, CREATE DATABASE waits
 * for open transactions even if the database exists.
 */
export const useDatabase = async (connection: Connection, database: string): Promise<void> => {
  try {
    await connection.query('USE ??', [database]);
  } catch (error) {
    const isMissing = error instanceof Error && 'errno' in error && error.errno === unknownDatabase;
    if (!isMissing) throw error;
    await connection.query('CREATE DATABASE IF NOT EXISTS ?? CHARACTER SET utf8mb4', [database]);
    await connection.query('USE ??', [database]);
  }
};
