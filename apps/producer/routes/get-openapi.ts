import { createOpenapi } from '@sluice/contract/openapi.ts';
import { routes } from '@sluice/contract/routes.ts';
import type { Table } from '@sluice/table/table.ts';
import type { FastifyInstance } from 'fastify';

export const addGetOpenapi = (server: FastifyInstance, tables: readonly Table[]): void => {
  const document = JSON.stringify(createOpenapi(tables));
  server.get(routes.getOpenapi.path, (_request, reply) =>
    reply.type('application/json').header('cache-control', 'no-cache').send(document),
  );
};
