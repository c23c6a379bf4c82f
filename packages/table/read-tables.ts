import { columnSchemaOf } from './column-schema.ts';
import { columnTypeOf } from './column-type.ts';
import { createRowCheck } from './check-row.ts';
import { faultsOfSize } from './check-size.ts';
import type { Declaration } from './define-table.ts';
import { isObject } from './is-object.ts';
import { reservedWords } from './reserved-words.ts';
import { ownColumns } from './stored-table.ts';
import type { Column, Table } from './table.ts';

/** Declarations that cannot be tables. The message has a line for each fault. */
export class TablesError extends Error {
  readonly code = 'TABLES_INVALID';
}

const namePattern = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const maxNameLength = 48;
const maxTables = 100;
const ownTables = new Set([
  ...['count', 'inbox', 'totals', 'table_totals', 'imports', 'identity'],
  ...['migrations', 'begun_rules'],
]);

/**
 * Checks declarations and returns their tables. Throws a {@link TablesError} that names all faults
 * together, each with its file, its column and what to write instead.
 */
export const readTables = (declarations: readonly Declaration[]): Table[] => {
  const faults: string[] = [];
  const seen = new Map<string, string>();
  const known = declarations.filter((declaration: unknown, index) => {
    if (isDeclaration(declaration)) return true;
    faults.push(`Entry ${index + 1} of the list \`tables\` is no table; write what defineTable returns.`);
    return false;
  });
  const tables = known.map((declaration): Table => {
    const { name, place } = declaration;
    const fault = (where: string, reason: string) => faults.push(`${place}: ${where} ${reason}.`);
    const before = seen.get(name);
    if (before !== undefined) fault(`table ${name}`, `is declared in ${before} too; give one of them another name`);
    seen.set(name, place);
    const nameReason = faultOfName(name, ownTables);
    if (nameReason !== undefined) fault(`table ${JSON.stringify(name)}`, nameReason);
    const shapeReason = faultOfShape(declaration.shape);
    if (shapeReason !== undefined) {
      fault(`table ${name}`, shapeReason);
      return { name, columns: [] };
    }
    const columns = readColumns(declaration, (column, reason) => fault(`${name}.${column}`, reason));
    for (const reason of faultsOfSize(columns)) fault(`table ${name}`, reason);
    // One by one only to find the column: each check costs some milliseconds.
    const unchecked = faultOfCheck(name, columns) === undefined ? [] : columns;
    for (const column of unchecked) {
      const reason = faultOfCheck(name, [column]);
      if (reason !== undefined) fault(`${name}.${column.name}`, reason);
    }
    return { name, columns };
  });
  if (tables.length > maxTables) faults.push(`There are ${tables.length} tables, more than ${maxTables}.`);
  if (faults.length > 0) throw new TablesError(['The tables are not valid:', ...faults].join('\n  '));
  return tables;
};

const isDeclaration = (value: unknown): value is Declaration =>
  typeof value === 'object' && value !== null && 'shape' in value && 'name' in value && 'place' in value;

/** Returns the reason that a shape is no list of columns. The literal `__proto__` sets its prototype. */
const faultOfShape = (shape: unknown): string | undefined => {
  if (!isObject(shape)) return 'has no columns; declare them as an object, such as { weight: z.int() }';
  const prototype: unknown = Object.getPrototypeOf(shape);
  if (prototype !== Object.prototype && prototype !== null) {
    return 'has columns that are no plain object, or one with the name __proto__; declare them as { weight: z.int() }';
  }
  return Object.keys(shape).length === 0 ? 'has no columns; declare at least one' : undefined;
};

/** Returns the reason that values cannot be checked, such as a pattern of another dialect. */
const faultOfCheck = (name: string, columns: readonly Column[]): string | undefined => {
  try {
    createRowCheck({ name, columns });
    return undefined;
  } catch (error) {
    return `cannot be checked: ${messageOf(error)}; write another rule`;
  }
};

const readColumns = ({ shape }: Declaration, fault: (column: string, reason: string) => void): Column[] => {
  const columns: Column[] = [];
  for (const [name, field] of Object.entries(shape)) {
    const nameReason = faultOfName(name, ownColumns);
    if (nameReason !== undefined) fault(name, nameReason);
    const column = readColumn(name, field);
    if ('reason' in column) fault(name, column.reason);
    else columns.push(column);
  }
  return columns;
};

const readColumn = (name: string, field: unknown): Column | { readonly reason: string } => {
  try {
    const found = columnSchemaOf(field);
    if ('reason' in found) return found;
    const type = columnTypeOf(found.schema);
    return 'reason' in type ? type : { name, type, ...found };
  } catch (error) {
    // Such as a pattern of .meta() that is none. It must not hide the faults of the other columns.
    return { reason: `cannot be read: ${messageOf(error)}; write another rule` };
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const faultOfName = (name: unknown, own: ReadonlySet<string>): string | undefined => {
  if (typeof name !== 'string' || !namePattern.test(name) || name.length > maxNameLength) {
    return `must be in snake_case, of at most ${maxNameLength} characters, for example page_view`;
  }
  if (own.has(name)) return 'is a name of Sluice; take another';
  if (reservedWords.has(name)) return `is a reserved word of MySQL; take another, for example ${name}_value`;
  return undefined;
};
