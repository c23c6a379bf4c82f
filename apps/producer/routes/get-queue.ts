import { routes } from '@sluice/contract/routes.ts';
import type { QueueState } from '@sluice/queue/queue-state.ts';
import type { FastifyInstance } from 'fastify';
import type * as z from 'zod';
import { faultOfRead, queueAway } from '../away.ts';
import { addRoute, type AnswerOf } from '../route.ts';

export type GetQueueParts = {
  /** Throws when the queue is away. */
  readonly readQueueState: () => Promise<QueueState>;
};

export const addGetQueue = (server: FastifyInstance, { readQueueState }: GetQueueParts): void =>
  addRoute(server, routes.getQueue, async (): Promise<AnswerOf<typeof routes.getQueue>> => {
    try {
      return { status: 200, body: queueBody(await readQueueState()) };
    } catch (error) {
      return faultOfRead(error, queueAway, server.warn, 'could not read the queue');
    }
  });

/** The state as the contract has it. */
export const queueBody = (state: QueueState): z.output<(typeof routes.getQueue.answers)[200]['body']> => ({
  waiting_batches: state.waitingBatches,
  // Redis tells the time in microseconds.
  oldest_age_ms: Math.round(state.oldestAgeMs),
  in_flight_batches: state.inFlightBatches,
  consumers: state.consumers,
  dead_letters: state.deadLetters,
  paused: state.isPaused,
});
