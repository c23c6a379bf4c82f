import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import type { BodyLimits } from '../collect-body.ts';
import { enqueueCounts, type EnqueueParts } from '../enqueue-counts.ts';
import type { ReadKey } from '../idempotency-key.ts';
import { takeNdjson } from '../read-body.ts';
import { addRoute, type AnswerOf } from '../route.ts';

export const addPostCounts = (
  server: FastifyInstance,
  parts: EnqueueParts,
  limits: BodyLimits,
  readKey: ReadKey,
): void => {
  const { hostname } = parts;
  // A scope of its own, for this route alone takes NDJSON.
  server.register(async (scope) => {
    takeNdjson(scope, limits);
    addRoute(scope, routes.postCounts, async (request): Promise<AnswerOf<typeof routes.postCounts>> => {
      const { counts } = request.body;
      const fault = await enqueueCounts(parts, counts, readKey(request));
      if (fault !== undefined) return { fault };
      return { status: 201, body: { message: 'Values added to Redis queue', accepted: counts.length, hostname } };
    });
  });
};
