import type { StoredColumn } from '@sluice/table/stored-table.ts';
import type { Connection, RowDataPacket } from 'mysql2/promise';

/** A column in information_schema. */
type FoundColumn = { readonly type: string; readonly isOptional: boolean };

/** Reads the columns of tables of the current database, those that the user may see. */
export const readStoredColumns = async (
  connection: Pick<Connection, 'query'>,
  tables: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, FoundColumn>>> => {
  if (tables.length === 0) return new Map();
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS tableName, COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS isNullable
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?)`,
    [tables],
  );
  const found = new Map<string, Map<string, FoundColumn>>();
  for (const row of rows) {
    const table = String(row['tableName']);
    const columns = found.get(table) ?? new Map<string, FoundColumn>();
    found.set(table, columns);
    columns.set(String(row['name']), { type: normalize(String(row['type'])), isOptional: row['isNullable'] === 'YES' });
  }
  return found;
};

/**
 * Returns how a column of MySQL falls short of the one that is needed, or undefined. A longer text
 * is enough, and a column that may be NULL, as a newer release makes them.
 */
export const lackOf = (needed: StoredColumn, found: FoundColumn | undefined): string | undefined => {
  if (found === undefined) return 'is missing';
  const type = normalize(needed.sqlType);
  const isEnough = found.type === type || lengthOf(found.type) >= lengthOf(type);
  if (isEnough && (found.isOptional || !needed.isOptional)) return undefined;
  return `is ${found.type} ${nullOf(found.isOptional)} instead of ${type} ${nullOf(needed.isOptional)}`;
};

/** Returns the length of a VARCHAR, NaN for any other type. */
const lengthOf = (type: string): number => Number(/^varchar\((\d+)\)$/.exec(type)?.[1]);

const nullOf = (isOptional: boolean): string => (isOptional ? 'NULL' : 'NOT NULL');

/**
 * Returns one name for the same type on MySQL and MariaDB. A JSON column of MariaDB is a LONGTEXT
 * with a CHECK. MariaDB shows the display width of integers.
 */
const normalize = (type: string): string =>
  type
    .toLowerCase()
    .replaceAll(' ', '')
    .replace(/characterset\w+$/, '')
    .replace(/^bigint\(\d+\)$/, 'bigint')
    .replace(/^tinyint\(1\)$/, 'boolean')
    .replace(/^longtext$/, 'json');
