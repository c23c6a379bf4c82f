import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { enqueueCounts, type EnqueueDependencies } from './enqueue-counts.ts';
import type { ReadKey } from './idempotency-key.ts';
import { addRoute } from '../http/route.ts';

export const addPostCount = (server: FastifyInstance, dependencies: EnqueueDependencies, readKey: ReadKey): void => {
  const { hostname } = dependencies;
  addRoute(server, routes.postCount, (request) => {
    const { count } = request.body;
    return enqueueCounts(dependencies, [count], readKey(request), {
      status: 201 as const,
      body: { message: 'Value added to Redis queue', value: count, hostname } as const,
    });
  });
};
