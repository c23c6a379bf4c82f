import { columnSqlOf, type StoredColumn, type StoredTable } from './stored-table.ts';

// The statements of migrations. `parseMigration` reads them again.

/** Returns the statement that creates a table. */
export const createTableSqlOf = ({ name, columns }: StoredTable): string =>
  [
    `CREATE TABLE IF NOT EXISTS \`${name}\` (`,
    '  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,',
    ...columns.map((column) => `  ${columnSqlOf(column)},`),
    '  recorded_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),',
    '  PRIMARY KEY (id)',
    ') ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  ].join('\n');

/** Returns the statement that adds a column to a table. */
export const addColumnSqlOf = (table: string, column: StoredColumn): string =>
  `ALTER TABLE \`${table}\` ADD COLUMN ${columnSqlOf(column)}`;

/** Returns the statement that changes the type of a column, or makes it optional. */
export const modifyColumnSqlOf = (table: string, column: StoredColumn): string =>
  `ALTER TABLE \`${table}\` MODIFY COLUMN ${columnSqlOf(column)}`;
