import { columnsByTable, formOfRecorded, type Column } from './columns.ts';
import { itemOf } from './read-rows.ts';

type Query = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** Reads all rows of the tables, as items of the ledger model. */
export const readRecordedRows = async (query: Query): Promise<string[]> => {
  const items: string[] = [];
  for (const [table, columns] of Object.entries(columnsByTable)) {
    const rows = await query(`SELECT ${columns.map(selected).join(', ')} FROM ${table}`);
    for (const row of rows) items.push(itemOf(table, `[${columns.map((column) => formIn(column, row)).join(',')}]`));
  }
  return items;
};

/** Selects a column as the text that a client would send. */
const selected = ({ name, kind }: Column): string => {
  switch (kind.name) {
    case 'boolean':
      return `IF(${name}, 'true', 'false') AS ${name}`;
    case 'time':
      return `CONCAT(REPLACE(CAST(${name} AS CHAR), ' ', 'T'), 'Z') AS ${name}`;
    default:
      return `CAST(${name} AS CHAR) AS ${name}`;
  }
};

const formIn = ({ name, kind }: Column, row: Readonly<Record<string, unknown>>): string => {
  const text = row[name];
  return typeof text === 'string' ? formOfRecorded(kind, text) : 'null';
};
