import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { enqueueCounts, type EnqueueParts } from '../enqueue-counts.ts';
import { addRoute, type AnswerOf } from '../route.ts';

export const addPostCount = (server: FastifyInstance, parts: EnqueueParts): void => {
  const { hostname } = parts;
  addRoute(
    server,
    routes.postCount,
    async ({ body: { count }, headers }): Promise<AnswerOf<typeof routes.postCount>> => {
      const fault = await enqueueCounts(parts, [count], headers['idempotency-key']);
      if (fault !== undefined) return { fault };
      return { status: 201, body: { message: 'Value added to Redis queue', value: count, hostname } };
    },
  );
};
