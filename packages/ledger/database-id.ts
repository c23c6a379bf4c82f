import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

// MySQL's errors on a database that an older release set up: no such table, or no right to it yet.
const notSetUp = new Set([1142, 1143, 1146]);

/**
 * Reads the id that the database got at setup: 32 hexadecimal digits. Returns `undefined` if the
 * release that set it up last assigned none. Throws when MySQL does not answer.
 */
export const readDatabaseId = async (ledger: LedgerConnection, deadlineMs: number): Promise<string | undefined> => {
  try {
    return await ledger.run(async (connection) => {
      const [[row]] = await connection.query<RowDataPacket[]>('SELECT LOWER(HEX(database_id)) AS id FROM identity');
      return row === undefined ? undefined : String(row['id']);
    }, deadlineMs);
  } catch (error) {
    if (error instanceof Error && 'errno' in error && notSetUp.has(Number(error.errno))) return undefined;
    throw error;
  }
};
