import { routes } from '@sluice/contract/routes.ts';
import type { QueueState } from '@sluice/queue/admin/queue-state.ts';
import type { Warn } from '@sluice/runtime/logging/sample-warnings.ts';
import type { FastifyInstance } from 'fastify';
import type * as z from 'zod';
import { queueUnavailable } from '../http/unavailable.ts';
import { addRoute, type AnswerOf } from '../http/route.ts';

export type GetQueueDependencies = {
  /** Throws when the queue is unavailable. */
  readonly readQueueState: () => Promise<QueueState>;
};

export const addGetQueue = (server: FastifyInstance, { readQueueState }: GetQueueDependencies): void =>
  addRoute(server, routes.getQueue, () => answerQueueState(readQueueState, server.warn));

/** Answers with the state of a queue, of the counts or of a table. */
export const answerQueueState = async (
  readQueueState: () => Promise<QueueState>,
  warn: Warn,
): Promise<AnswerOf<typeof routes.getQueue>> => {
  let state;
  try {
    state = await readQueueState();
  } catch (error) {
    // Includes TypeErrors: after lost replies, those that follow may be out of step and of other
    // shapes.
    warn({ err: error }, 'could not read the queue');
    return { problem: queueUnavailable };
  }
  return { status: 200, body: queueBody(state) };
};

/** Formats the state as the contract defines it. */
export const queueBody = (state: QueueState): z.output<(typeof routes.getQueue.answers)[200]['body']> => ({
  waiting_batches: state.waitingBatches,
  // Redis gives the time in microseconds.
  oldest_age_ms: Math.round(state.oldestAgeMs),
  in_flight_batches: state.inFlightBatches,
  consumers: state.consumers,
  dead_letters: state.deadLetters,
  paused: state.isPaused,
});
