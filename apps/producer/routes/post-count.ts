import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { enqueueCounts, type EnqueueParts } from '../enqueue-counts.ts';
import type { ReadKey } from '../idempotency-key.ts';
import { addRoute, type AnswerOf } from '../route.ts';

export const addPostCount = (server: FastifyInstance, parts: EnqueueParts, readKey: ReadKey): void => {
  const { hostname } = parts;
  addRoute(server, routes.postCount, async (request): Promise<AnswerOf<typeof routes.postCount>> => {
    const { count } = request.body;
    const fault = await enqueueCounts(parts, [count], readKey(request));
    if (fault !== undefined) return { fault };
    return { status: 201, body: { message: 'Value added to Redis queue', value: count, hostname } };
  });
};
