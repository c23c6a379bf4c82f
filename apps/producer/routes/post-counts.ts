import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import type { BodyLimits } from '../body/collect-body.ts';
import { enqueueItems, type EnqueueDependencies } from './enqueue-items.ts';
import type { ReadKey } from './idempotency-key.ts';
import { takeNdjson } from '../body/read-body.ts';
import { addRoute } from '../http/route.ts';

export const addPostCounts = (
  server: FastifyInstance,
  dependencies: EnqueueDependencies<number>,
  limits: BodyLimits,
  readKey: ReadKey,
): void => {
  const { hostname } = dependencies;
  // A separate scope, because only this route accepts NDJSON.
  server.register(async (scope) => {
    takeNdjson(scope, limits);
    addRoute(scope, routes.postCounts, (request) => {
      const { counts } = request.body;
      return enqueueItems(dependencies, counts, readKey(request), 'counts', {
        status: 201 as const,
        body: { message: 'Values added to Redis queue', accepted: counts.length, hostname } as const,
      });
    });
  });
};
