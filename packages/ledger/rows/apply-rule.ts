import { createHash } from 'node:crypto';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Migration } from '../read-migrations.ts';

/** The statement of a rule left its table as it was. */
export class RuleWithoutEffectError extends Error {
  readonly code = 'RULE_WITHOUT_EFFECT';
}

/**
 * Runs a statement that adds or removes an index or a constraint. It may run again after an
 * interruption: DDL is atomic but not transactional, so the table shows whether the statement ran
 * before the set-up was killed. An error says that it did not.
 */
export const applyRule = async (
  connection: Connection,
  { name, file, statement, checksum }: Migration,
  table: string,
): Promise<void> => {
  const before = await readTableChecksum(connection, table);
  const [[begun]] = await connection.query<RowDataPacket[]>(
    'SELECT table_checksum AS tableChecksum FROM begun_rules WHERE name = ? AND checksum = ?',
    [name, checksum],
  );
  if (begun !== undefined && begun['tableChecksum'] !== before) return;
  await connection.query('REPLACE INTO begun_rules (name, checksum, table_checksum) VALUES (?, ?, ?)', [
    name,
    checksum,
    before,
  ]);
  const forget = () => connection.query('DELETE FROM begun_rules WHERE name = ?', [name]);
  try {
    await connection.query(statement);
  } catch (error) {
    // Fails if the connection was lost. Then nobody knows the outcome, and the note has to stay.
    await forget().catch(() => undefined);
    throw error;
  }
  if ((await readTableChecksum(connection, table)) !== before) return;
  await forget();
  throw new RuleWithoutEffectError(
    `${file}: the statement changed nothing in ${table}. Correct the file: it is not applied yet`,
  );
};

/** Returns a checksum of a table's columns, indexes and constraints. */
const readTableChecksum = async (connection: Connection, table: string): Promise<string> => {
  const [[row]] = await connection.query<RowDataPacket[]>('SHOW CREATE TABLE ??', [table]);
  // The next id is no part of what a rule changes.
  const definition = String(row?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, '');
  return createHash('sha256').update(definition).digest('hex');
};
