import { sqlTypeOf } from './column-type.ts';
import type { Column, Table } from './table.ts';

/** Returns the definition of a column in CREATE TABLE and ALTER TABLE. */
const columnSqlOf = ({ name, type, isOptional }: Column): string =>
  `\`${name}\` ${sqlTypeOf(type)} ${isOptional ? 'NULL' : 'NOT NULL'}`;

/** Returns the statement that creates a table. */
export const createTableSqlOf = ({ name, columns }: Table): string =>
  [
    `CREATE TABLE IF NOT EXISTS \`${name}\` (`,
    '  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,',
    ...columns.map((column) => `  ${columnSqlOf(column)},`),
    '  recorded_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),',
    '  PRIMARY KEY (id)',
    ') ENGINE = InnoDB',
  ].join('\n');
