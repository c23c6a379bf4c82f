import { configSchema as consumer } from '@sluice/consumer/config.ts';
import { routes, type Route } from '@sluice/contract/routes.ts';
import { configSchema as databaseSetup } from '@sluice/database-setup/config.ts';
import { configSchema as producer } from '@sluice/producer/config.ts';
import * as z from 'zod';

type Property = { readonly description: string; readonly otherwise: string };

const processes = { producer: producer, consumer: consumer, 'database-setup': databaseSetup };

/** Returns the routes as a Markdown table, in the order of the contract. */
export const routesTable = (): string =>
  tableOf(
    ['route', 'what it is', 'answers'],
    Object.values<Route>(routes).map(({ method, path, summary, answers }) => [
      `\`${method} ${path}\``,
      summary,
      Object.keys(answers).join(', '),
    ]),
  );

/**
 * Returns the variables of all processes as a Markdown table, in the order of their first process.
 */
export const variablesTable = (): string => {
  const users = new Map<string, { property: Property; of: string[] }>();
  for (const [name, schema] of Object.entries(processes)) {
    for (const [variable, property] of propertiesOf(schema)) {
      const entry = users.get(variable) ?? { property, of: [] };
      entry.of.push(name);
      users.set(variable, entry);
    }
  }
  return tableOf(
    ['variable', 'default', 'of', 'meaning'],
    [...users].map(([variable, { property, of }]) => [
      `\`${variable}\``,
      property.otherwise === '' ? '' : `\`${property.otherwise}\``,
      of.length === Object.keys(processes).length ? 'all' : of.join(', '),
      property.description,
    ]),
  );
};

const propertiesOf = (schema: z.ZodObject): [name: string, property: Property][] =>
  Object.entries(schema.shape).map(([name, field]) => [
    name,
    {
      description: z.globalRegistry.get(field)?.description ?? '',
      otherwise: field instanceof z.ZodDefault ? String(field.def.defaultValue) : '',
    },
  ]);

/** Formats rows under a header, in columns of equal width. */
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lineOf = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lineOf(cells[0] ?? []), rule, ...cells.slice(1).map(lineOf)].join('\n');
};
