import { createConnection } from 'mysql2/promise';
import type { Owner } from './owner.ts';
import type { Pipeline, Servers } from './pipeline.ts';

const firstCount = 1_700_000_000;

/**
 * Prepares the limit of a drain: multi-row INSERTs of as many rows into a table of the same shape,
 * on one connection. Their text is built before the clock starts. The returned function resolves to
 * their duration in ms.
 */
export const createBareInsert = async (
  owner: Owner,
  { mysql }: Servers,
  {
    pipeline: { sql, database },
    rows,
    rowsPerStatement,
  }: { pipeline: Pipeline; rows: number; rowsPerStatement: number },
): Promise<() => Promise<number>> => {
  await sql.query('CREATE TABLE bare LIKE `count`');
  const connection = await createConnection({ ...mysql, database });
  owner.after(() => connection.end());
  const statements: string[] = [];
  for (let made = 0; made < rows; made += rowsPerStatement) {
    const length = Math.min(rowsPerStatement, rows - made);
    const counts = Array.from({ length }, (_, index) => firstCount + made + index);
    statements.push(`INSERT INTO bare (count_value) VALUES (${counts.join('),(')})`);
  }

  return async () => {
    await connection.query('TRUNCATE TABLE bare');
    const startedAt = performance.now();
    for (const statement of statements) await connection.query(statement);
    return performance.now() - startedAt;
  };
};
