import { routes } from '@sluice/contract/routes.ts';
import type { EnqueueOutcome } from '@sluice/queue/enqueue.ts';
import type { FastifyInstance } from 'fastify';
import { addRoute, type AnswerOf } from '../route.ts';

export type PostCountParts = {
  readonly hostname: string;
  readonly enqueue: (counts: readonly number[]) => Promise<EnqueueOutcome>;
};

export const addPostCount = (server: FastifyInstance, { hostname, enqueue }: PostCountParts): void =>
  addRoute(server, routes.postCount, async ({ count }): Promise<AnswerOf<typeof routes.postCount>> => {
    switch (await enqueue([count])) {
      case 'acknowledged':
        return { status: 201, body: { message: 'Value added to Redis queue', value: count, hostname } };
      case 'full':
        return {
          fault: {
            status: 503,
            code: 'queue_full',
            detail: 'The queue is full and did not take the count. Try again when the consumers have caught up.',
          },
        };
      case 'unavailable':
        return {
          fault: {
            status: 503,
            code: 'queue_unavailable',
            detail: 'The queue did not answer in time. The count may or may not be recorded, but not twice. Try again.',
          },
        };
    }
  });
