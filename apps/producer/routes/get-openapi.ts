import { createOpenapi } from '@sluice/contract/openapi.ts';
import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';

export const addGetOpenapi = (server: FastifyInstance): void => {
  const document = JSON.stringify(createOpenapi());
  server.get(routes.getOpenapi.path, (_request, reply) =>
    reply.type('application/json').header('cache-control', 'no-cache').send(document),
  );
};
