import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { enqueueItems, type EnqueueDependencies } from './enqueue-items.ts';
import type { ReadKey } from './idempotency-key.ts';
import { addRoute } from '../http/route.ts';

export const addPostCount = (
  server: FastifyInstance,
  dependencies: EnqueueDependencies<number>,
  readKey: ReadKey,
): void => {
  const { hostname } = dependencies;
  addRoute(server, routes.postCount, (request) => {
    const { count } = request.body;
    return enqueueItems(dependencies, [count], readKey(request), 'counts', {
      status: 201 as const,
      body: { message: 'Value added to Redis queue', value: count, hostname } as const,
    });
  });
};
