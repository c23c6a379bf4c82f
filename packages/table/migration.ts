import { readRule, withoutComments, type Refusal, type Rule } from './rule.ts';
import type { StoredColumn, StoredTable } from './stored-table.ts';

/** The change that a migration makes to a table. */
export type TableMigration =
  | { readonly kind: 'create'; readonly table: StoredTable }
  | { readonly kind: 'add' | 'modify'; readonly tableName: string; readonly column: StoredColumn }
  /** A statement that a user wrote. It changes no column. */
  | ({ readonly kind: 'rule' } & Rule);

/** The content of a file in `tables/migrations`. */
export type MigrationFile = { readonly name: string; readonly statement: string };

/** Migrations that cannot be read. The message has a line for each. */
export class MigrationsError extends Error {
  readonly code = 'TABLE_MIGRATIONS_INVALID';
}

const createPattern =
  /^CREATE TABLE IF NOT EXISTS `(\w+)` \(\n {2}id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,\n([^]*?) {2}recorded_at TIMESTAMP\(3\) NOT NULL DEFAULT CURRENT_TIMESTAMP\(3\),\n {2}PRIMARY KEY \(id\)\n\) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin$/;
const alterPattern = /^ALTER TABLE `(\w+)` (ADD|MODIFY) COLUMN (.+)$/;
const columnPattern = /^`(\w+)` ([A-Z][\w(), ]*?) (NULL|NOT NULL)$/;

/**
 * Returns what a statement of `tables/migrations` does, or the reason that it may not be there.
 * Those that may are the statements of `npm run tables`, and indexes and constraints written by
 * hand.
 */
export const parseMigration = (text: string): TableMigration | Refusal => {
  const statement = withoutComments(text);
  if (typeof statement !== 'string') return statement;
  const [, tableName, lines] = createPattern.exec(statement) ?? [];
  if (tableName !== undefined && lines !== undefined) {
    const columns = lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parseColumn(line.trim().replace(/,$/, '')));
    const known = columns.filter((column) => column !== undefined);
    if (known.length === columns.length) return { kind: 'create', table: { name: tableName, columns: known } };
  }
  const [, altered, action, definition = ''] = alterPattern.exec(statement) ?? [];
  const column = parseColumn(definition);
  if (altered !== undefined && column !== undefined) {
    return { kind: action === 'ADD' ? 'add' : 'modify', tableName: altered, column };
  }
  const rule = readRule(statement);
  return 'reason' in rule ? rule : { kind: 'rule', ...rule };
};

const parseColumn = (definition: string): StoredColumn | undefined => {
  const [, name, sqlType, rest] = columnPattern.exec(definition) ?? [];
  return name === undefined || sqlType === undefined ? undefined : { name, sqlType, isOptional: rest === 'NULL' };
};

/**
 * Returns the tables that the migrations make, in the order of their creation. Throws a
 * {@link MigrationsError} that names all files at fault.
 */
export const tablesAfter = (files: readonly MigrationFile[]): StoredTable[] => {
  const tables = new Map<string, StoredTable>();
  const faults = files.flatMap(({ name, statement }) => {
    const reason = applyTo(tables, parseMigration(statement));
    return reason === undefined ? [] : [`${name} ${reason}.`];
  });
  if (faults.length === 0) return [...tables.values()];
  throw new MigrationsError(['Migrations of tables are not valid:', ...faults].join('\n  '));
};

/** Applies a migration to the tables. Returns the reason that it cannot. */
const applyTo = (tables: Map<string, StoredTable>, migration: TableMigration | Refusal): string | undefined => {
  if ('reason' in migration) return migration.reason;
  if (migration.kind === 'create') {
    const { table } = migration;
    if (tables.has(table.name)) return `creates the table ${table.name} again; remove the file if it was not applied`;
    tables.set(table.name, table);
    return undefined;
  }
  const before = tables.get(migration.tableName);
  if (before === undefined) return `changes the table ${migration.tableName}, which no file before it creates`;
  if (migration.kind === 'rule') return undefined;
  const { kind, tableName, column } = migration;
  const isThere = before.columns.some(({ name }) => name === column.name);
  if (kind === 'add' && isThere) return `adds the column ${tableName}.${column.name} again; remove one of the files`;
  if (kind === 'modify' && !isThere)
    return `changes the column ${tableName}.${column.name}, which no file before it adds`;
  const columns =
    kind === 'add'
      ? [...before.columns, column]
      : before.columns.map((other) => (other.name === column.name ? column : other));
  tables.set(tableName, { name: tableName, columns });
  return undefined;
};
