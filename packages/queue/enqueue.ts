import { setTimeout as pause } from 'node:timers/promises';
import { encodeEntry, maxCountsPerEntry, type Batch } from '@sluice/contract/entry.ts';
import { createBatchIds } from './batch-ids.ts';
import type { RedisConnection } from './connection.ts';
import type { Partition } from './partition.ts';

/**
 * What became of a request's counts: `acknowledged`, Redis holds them; `full`, Redis refused them; `unavailable`, no
 * acknowledgement came in time, so they may or may not be recorded, but never twice.
 */
export type EnqueueOutcome = 'acknowledged' | 'full' | 'unavailable';

/** The way into the queue. */
export type Enqueuer = {
  readonly enqueue: (counts: readonly number[]) => Promise<EnqueueOutcome>;
  /** Resolves when every request has its outcome; none may be added after the call. */
  readonly drain: () => Promise<void>;
};

type Request = { readonly counts: readonly number[]; readonly deadline: number; readonly settle: (outcome: EnqueueOutcome) => void; isSettled: boolean };

type EnqueuerSettings = {
  readonly connection: RedisConnection;
  readonly partition: Partition;
  /** How long a request may wait for its acknowledgement. */
  readonly deadlineMs: number;
  /** How long one attempt may wait for Redis before its connection is replaced and the batch is sent again. */
  readonly attemptMs: number;
  readonly onError: (error: unknown) => void;
};

const shortestPauseMs = 10;
const longestPauseMs = 200;

/**
 * Group commit: one flight to Redis is under way at a time, and requests that arrive meanwhile form the next one. There
 * is no timer, so an idle queue adds no latency and a busy one makes larger batches. A batch whose reply was lost is sent
 * again under the same id until the deadline of its last request; the ledger records an id once.
 */
export const createEnqueuer = (settings: EnqueuerSettings): Enqueuer => {
  const { connection, partition, deadlineMs } = settings;
  const nextBatchId = createBatchIds();
  let waiting: Request[] = [];
  let flight: Promise<void> | undefined;

  const enqueue: Enqueuer['enqueue'] = (counts) =>
    new Promise((resolve) => {
      const request: Request = {
        counts,
        deadline: performance.now() + deadlineMs,
        isSettled: false,
        settle: (outcome) => {
          request.isSettled = true;
          clearTimeout(timer);
          resolve(outcome);
        },
      };
      const timer = setTimeout(() => request.settle('unavailable'), deadlineMs);
      waiting.push(request);
      flight ??= fly();
    });

  const fly = async () => {
    while (waiting.length > 0) {
      const requests = waiting.filter((request) => !request.isSettled);
      waiting = [];
      // oxlint-disable-next-line no-await-in-loop -- one flight at a time is the point
      await Promise.all(joinRequests(requests).map(sendBatch));
    }
    flight = undefined;
  };

  const sendBatch = async (requests: readonly Request[]) => {
    const outcome = await sendUntilDeadline(
      { batchId: nextBatchId(), counts: requests.flatMap((request) => request.counts), isKeyed: false },
      requests.at(-1)?.deadline ?? 0,
    );
    for (const request of requests) if (!request.isSettled) request.settle(outcome);
  };

  const sendUntilDeadline = async (batch: Batch, deadline: number): Promise<EnqueueOutcome> => {
    const fields = encodeEntry(batch);
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const remainingMs = deadline - performance.now();
      if (remainingMs <= 0) return 'unavailable';
      try {
        // oxlint-disable-next-line no-await-in-loop -- each attempt follows the failure of the one before
        await connection.run(
          (client) => client.xAdd(partition.stream, '*', fields),
          Math.min(settings.attemptMs, remainingMs),
        );
        return 'acknowledged';
      } catch (error) {
        if (isOutOfMemory(error)) return 'full';
        settings.onError(error);
        // oxlint-disable-next-line no-await-in-loop -- a pause before the next attempt
        await pause(pauseMs);
      }
    }
  };

  return { enqueue, drain: async () => flight };
};

const joinRequests = (requests: readonly Request[]): Request[][] => {
  const batches: Request[][] = [];
  let room = 0;
  for (const request of requests) {
    if (request.counts.length > room) {
      batches.push([]);
      room = maxCountsPerEntry;
    }
    batches.at(-1)?.push(request);
    room -= request.counts.length;
  }
  return batches;
};

const isOutOfMemory = (error: unknown): boolean => error instanceof Error && error.message.startsWith('OOM ');
