import type { Table } from '@sluice/table/table.ts';
import { createConnection } from 'mysql2/promise';
import type { Owner } from './owner.ts';
import type { Pipeline, Servers } from './pipeline.ts';
import type { createRowSource } from './tables.ts';

const firstCount = 1_700_000_000;

/** An INSERT without a queue. */
export type Statement = {
  readonly table: string;
  /** Returns its text for the rows from number `from` on. */
  readonly textOf: (from: number, length: number) => string;
  /** The number of connections that insert at once. */
  readonly loops: number;
};

// As many as the consumer of a single table has.
const loopsOfRows = 3;

/** The INSERT of counts. */
export const insertOfCounts: Statement = {
  table: 'count',
  loops: 1,
  textOf: (from, length) => {
    const counts = Array.from({ length }, (_, index) => firstCount + from + index);
    return `INSERT INTO bare (count_value) VALUES (${counts.join('),(')})`;
  },
};

/** Returns the INSERT of rows of a table, as JSON, like the consumer's. */
export const insertOfRows = ({ name, columns }: Table, rowsFrom: ReturnType<typeof createRowSource>): Statement => {
  const names = columns.map((column) => column.name).join(', ');
  const paths = columns.map((column, index) => `${column.name} LONGTEXT PATH '$[${index}]' ERROR ON ERROR`).join(', ');
  return {
    table: name,
    loops: loopsOfRows,
    textOf: (from, length) => {
      const json = Buffer.from(`[${rowsFrom(from, length).join(',')}]`).toString('hex');
      return `INSERT INTO bare (${names}) SELECT ${names} FROM JSON_TABLE(_utf8mb4 x'${json}', '$[*]' COLUMNS (${paths})) AS j`;
    },
  };
};

/**
 * Prepares the limit of a drain: INSERTs of as many rows into a table of the same shape.
 * Their text is built before the clock starts. The returned function resolves to their duration in
 * ms.
 */
export const createBareInsert = async (
  owner: Owner,
  { mysql }: Servers,
  {
    pipeline: { sql, database },
    rows,
    rowsPerStatement,
    statement: { table, textOf, loops } = insertOfCounts,
  }: { pipeline: Pipeline; rows: number; rowsPerStatement: number; statement?: Statement },
): Promise<() => Promise<number>> => {
  await sql.query('CREATE TABLE bare LIKE ??', [table]);
  const connections = await Promise.all(Array.from({ length: loops }, () => createConnection({ ...mysql, database })));
  owner.after(() => Promise.all(connections.map((connection) => connection.end())));
  const statements: string[] = [];
  for (let made = 0; made < rows; made += rowsPerStatement) {
    statements.push(textOf(made, Math.min(rowsPerStatement, rows - made)));
  }

  return async () => {
    await sql.query('TRUNCATE TABLE bare');
    const startedAt = performance.now();
    const rest = statements.values();
    await Promise.all(
      connections.map(async (connection) => {
        for (const statement of rest) await connection.query(statement);
      }),
    );
    return performance.now() - startedAt;
  };
};
