import type { StoredTable } from '@sluice/table/stored-table.ts';
import type { Connection, RowDataPacket } from 'mysql2/promise';

/** Rights in the syntax of GRANT, on one table or, without `table`, on the whole database. */
export type Grant = { readonly rights: string; readonly table?: string };

export const migratorGrants: readonly Grant[] = [
  { rights: 'ALTER, CREATE, DROP, INDEX, SELECT, INSERT, UPDATE, DELETE' },
];

/** Returns the rights of the producer. `tables` are the declared ones. */
export const producerGrantsOf = (tables: readonly StoredTable[]): Grant[] => [
  { rights: 'SELECT (id, count_value, recorded_at)', table: 'count' },
  { rights: 'SELECT (rows_count)', table: 'totals' },
  { rights: 'SELECT (table_name, rows_count)', table: 'table_totals' },
  { rights: 'SELECT (database_id)', table: 'identity' },
  ...tables.map((table) => ({
    rights: `SELECT (${['id', 'recorded_at', ...columnNamesOf(table)].join(', ')})`,
    table: table.name,
  })),
];

/**
 * Returns the rights of the consumer, by column. The server assigns the ids and times of rows, so no
 * consumer can use up the ids or backdate rows. The operator's verification runs as the consumer and
 * needs SELECT on the tables and their totals. MariaDB requires UPDATE on each column of an INSERT …
 * ON DUPLICATE KEY UPDATE, including `slot`.
 */
export const consumerGrantsOf = (tables: readonly StoredTable[]): Grant[] => [
  { rights: 'SELECT (batch_id, expires_at), INSERT (batch_id, expires_at), DELETE', table: 'inbox' },
  { rights: 'SELECT (id), INSERT (count_value)', table: 'count' },
  {
    rights: 'SELECT (slot, rows_count), INSERT (slot, rows_count), UPDATE (slot, rows_count)',
    table: 'totals',
  },
  {
    rights: ['SELECT', 'INSERT', 'UPDATE'].map((right) => `${right} (table_name, slot, rows_count)`).join(', '),
    table: 'table_totals',
  },
  { rights: 'SELECT (database_id)', table: 'identity' },
  ...tables.map((table) => ({
    rights: `SELECT (id), INSERT (${columnNamesOf(table).join(', ')})`,
    table: table.name,
  })),
];

const columnNamesOf = ({ columns }: StoredTable): string[] => columns.map(({ name }) => name);

/**
 * Grants a user these rights on the database and revokes all others there, which an older release
 * granted. If there are none to revoke, a running service keeps its rights throughout.
 */
export const applyGrants = async (
  connection: Connection,
  database: string,
  username: string,
  grants: readonly Grant[],
): Promise<void> => {
  const statements = [
    ...(await findSurplus(connection, database, username, grants)).map(
      ({ right, target }) => `REVOKE ${right} ON ${target} FROM`,
    ),
    ...grants.map(
      ({ rights, table }) =>
        `GRANT ${splitRights(rights).map(quoteColumn).join(', ')} ON ${targetOf(schemaPatternOf(database), database, table)} TO`,
    ),
  ];
  for (const statement of statements) {
    await connection.query(`${statement} ?@'%'`, [username]);
  }
};

/**
 * Escapes `_`, which matches any character in rights on a whole schema: a right on a_b would also
 * apply to axb (MySQL manual, "GRANT Statement").
 */
const schemaPatternOf = (database: string): string => database.replaceAll('_', '\\_');

const targetOf = (schemaPattern: string, database: string, table: string | undefined): string =>
  table === undefined ? `\`${schemaPattern}\`.*` : `\`${database}\`.\`${table}\``;

type Surplus = { readonly right: string; readonly target: string };

const findSurplus = async (
  connection: Connection,
  database: string,
  username: string,
  grants: readonly Grant[],
): Promise<Surplus[]> => {
  const granted = new Set(
    grants.flatMap(({ rights, table }) => splitRights(rights).map((right) => `${table} ${right}`)),
  );
  const grantee = `'${username}'@'%'`;
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_SCHEMA AS pattern, NULL AS tableName, PRIVILEGE_TYPE AS type, NULL AS columnName
       FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = ? AND TABLE_SCHEMA IN (?, ?)
     UNION ALL SELECT TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE, NULL
       FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE = ? AND TABLE_SCHEMA = ?
     UNION ALL SELECT TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE, COLUMN_NAME
       FROM information_schema.COLUMN_PRIVILEGES WHERE GRANTEE = ? AND TABLE_SCHEMA = ?`,
    [grantee, database, schemaPatternOf(database), grantee, database, grantee, database],
  );
  return rows.flatMap(({ pattern, tableName, type, columnName }) => {
    const right = columnName === null ? String(type) : `${type} (${columnName})`;
    const table = tableName === null ? undefined : String(tableName);
    if (type === 'USAGE' || granted.has(`${table} ${right}`)) return [];
    return [{ right: quoteColumn(right), target: targetOf(String(pattern), database, table) }];
  });
};

/** Splits `SELECT (a, b), DELETE` into `SELECT (a)`, `SELECT (b)` and `DELETE`. */
const splitRights = (rights: string): string[] =>
  [...rights.matchAll(/([A-Z]+)(?: \(([^)]+)\))?/g)].flatMap(([, type = '', columns]) =>
    columns === undefined ? [type] : columns.split(', ').map((column) => `${type} (${column})`),
  );

const quoteColumn = (right: string): string => right.replace(/\((.+)\)/, '(`$1`)');
