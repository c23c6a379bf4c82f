import { routes } from '@sluice/contract/routes.ts';
import { sqlTypeOf } from '@sluice/table/column-type.ts';
import { rowSchemaOf, type Table } from '@sluice/table/table.ts';
import type { FastifyInstance } from 'fastify';
import { addRoute } from '../http/route.ts';

export const addGetTables = (server: FastifyInstance, tables: readonly Table[]): void => {
  const json = JSON.stringify({
    tables: tables.map((table) => ({
      table: table.name,
      columns: table.columns.map(({ name, type, isOptional }) => ({
        name,
        type: sqlTypeOf(type),
        optional: isOptional,
      })),
      schema: rowSchemaOf(table),
    })),
  });
  addRoute(server, routes.getTables, () => ({ status: 200 as const, json }));
};
