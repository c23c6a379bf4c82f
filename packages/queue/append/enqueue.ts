import { encodeEntry, maxCountsPerEntry } from '@sluice/contract/entry.ts';
import { createBatchIds } from './batch-ids.ts';
import type { AppendSettings } from './append-settings.ts';
import type { EnqueueOutcome } from './enqueue-outcome.ts';
import { createAppender, type Fields, type Appender } from './append.ts';
import type { IdempotencyKey } from './key-records.ts';
import { createOnceAppender } from './append-once.ts';
import { retryUntilDeadline } from './retry-until-deadline.ts';

/** The writer that puts counts into the queue. */
export type Enqueuer = {
  /**
   * Puts the counts of one request into the queue, all or none. With a `key` they are added once,
   * however often they come with it within 24 hours.
   */
  readonly enqueue: (counts: readonly number[], key?: IdempotencyKey) => Promise<EnqueueOutcome>;
  /** Resolves when every request has its outcome. No request may be added after the call. */
  readonly drain: () => Promise<void>;
};

type Request = {
  readonly counts: readonly number[];
  readonly deadline: number;
  readonly resolve: (outcome: EnqueueOutcome) => void;
  isResolved: boolean;
};

type Arrivals = {
  readonly add: (counts: readonly number[], resolve: (outcome: EnqueueOutcome) => void) => Request;
};

type PartitionState = { readonly appender: Appender; pipelines: number; avoidedUntil: number };

type EnqueuerSettings = AppendSettings & {
  /**
   * True once the partitions are registered. Nothing is added before: entries of a partition that
   * no consumer knows could be stranded.
   */
  readonly areRegistered: () => boolean;
  /** Maximum time in ms that a request waits for its acknowledgement. */
  readonly deadlineMs: number;
  /**
   * Maximum time in ms of one attempt. Then its connection is replaced and the pipeline is sent
   * again.
   */
  readonly attemptMs: number;
  readonly onError: (error: unknown) => void;
  /** Called after each acknowledged pipeline with the number of its requests. */
  readonly onPipeline?: ((requests: number) => void) | undefined;
};

const avoidForMs = 1_000;
// Counts that one pipeline carries from requests of more than one batch.
const maxLargeCounts = 20_000;

/**
 * Returns the maximum number of pipelines in progress per partition: one is sent while the next is
 * made. With replicas it is one, because WAIT delays all later commands on its connection.
 */
const maxPipelines = ({ ackReplicas }: EnqueuerSettings): number => (ackReplicas > 0 ? 1 : 2);

/**
 * Creates the enqueuer, which uses group commit. A partition has at most two pipelines in progress,
 * or one with `ackReplicas`. Requests that arrive meanwhile form the next pipeline, as do those of
 * one turn of the event loop. There is no timer, so an idle queue adds no latency and a busy one
 * makes larger batches. The partitions take turns. One that was full or unavailable is skipped for
 * a second, unless all were. A pipeline whose reply was lost is sent again under the same ids until
 * the deadline of its last request. The ledger records an id once.
 */
export const createEnqueuer = (settings: EnqueuerSettings): Enqueuer => {
  const { partitions, deadlineMs } = settings;
  if (partitions.length === 0) throw new RangeError('A queue has at least one partition');
  const nextBatchId = createBatchIds();
  const onceAppender = createOnceAppender(settings);
  const states = partitions.map((partition): PartitionState => ({
    appender: createAppender({ ...settings, partition }),
    pipelines: 0,
    avoidedUntil: 0,
  }));
  const { track, idle } = createTracker();
  let waiting: Request[] = [];
  let arrivals: Arrivals | undefined;
  let turn = 0;
  let dispatching: NodeJS.Immediate | undefined;

  const enqueue: Enqueuer['enqueue'] = (counts, key) => {
    if (!settings.areRegistered()) return Promise.resolve('unavailable');
    if (key === undefined) return enqueuePlain(counts);
    const deadline = performance.now() + deadlineMs;
    return track(retryUntilDeadline(deadline, settings, (withinMs) => onceAppender.append(key, counts, withinMs)));
  };

  const enqueuePlain = (counts: readonly number[]): Promise<EnqueueOutcome> =>
    new Promise((resolve) => {
      arrivals ??= createArrivals(deadlineMs, () => {
        arrivals = undefined;
      });
      waiting.push(arrivals.add(counts, resolve));
      dispatching ??= setImmediate(dispatch);
    });

  const dispatch = () => {
    dispatching = undefined;
    arrivals = undefined;
    while (waiting.length > 0) {
      const partition = choosePartition();
      if (partition === undefined) return;
      const { sent: requests, rest } = splitRequests(waiting.filter(({ isResolved }) => !isResolved));
      waiting = rest;
      if (requests.length > 0) void track(send(partition, requests));
    }
  };

  const choosePartition = (): PartitionState | undefined => {
    const now = performance.now();
    const isAvoided = ({ avoidedUntil }: PartitionState) => avoidedUntil > now;
    const areAllAvoided = states.every(isAvoided);
    const isFree = (partition: PartitionState) =>
      partition.pipelines < maxPipelines(settings) && (areAllAvoided || !isAvoided(partition));
    for (let step = 0; step < states.length; step++) {
      const partition = states[turn++ % states.length];
      if (partition !== undefined && isFree(partition)) return partition;
    }
    return undefined;
  };

  const send = async (partition: PartitionState, requests: readonly Request[]) => {
    partition.pipelines += 1;
    const groups = joinRequests(requests).map((counts) => encodeGroup(counts, nextBatchId));
    const deadline = Math.max(...requests.map((request) => request.deadline));
    const outcome = await retryUntilDeadline(deadline, settings, (withinMs) =>
      partition.appender.append(groups, withinMs),
    );
    if (outcome === 'acknowledged') settings.onPipeline?.(requests.length);
    else partition.avoidedUntil = performance.now() + avoidForMs;
    for (const request of requests) if (!request.isResolved) request.resolve(outcome);
    partition.pipelines -= 1;
    dispatch();
  };

  const drain = () => {
    dispatch();
    return idle();
  };

  return { enqueue, drain };
};

/**
 * Creates a group of requests that arrive in one turn of the event loop. They share a deadline,
 * because a timer costs about as much as the rest of their processing.
 */
const createArrivals = (deadlineMs: number, onDeadline: () => void): Arrivals => {
  const deadline = performance.now() + deadlineMs;
  const requests: Request[] = [];
  let unresolved = 0;
  const timer = setTimeout(() => {
    onDeadline();
    for (const request of requests) if (!request.isResolved) request.resolve('unavailable');
  }, deadlineMs);

  const add: Arrivals['add'] = (counts, onOutcome) => {
    const resolve = (outcome: EnqueueOutcome) => {
      request.isResolved = true;
      unresolved -= 1;
      if (unresolved === 0) clearTimeout(timer);
      onOutcome(outcome);
    };
    const request: Request = { counts, deadline, resolve, isResolved: false };
    unresolved += 1;
    requests.push(request);
    return request;
  };
  return { add };
};

/** Tracks the work in progress, to wait for it. */
const createTracker = () => {
  const inProgress = new Set<Promise<unknown>>();

  const track = async <T>(work: Promise<T>): Promise<T> => {
    inProgress.add(work);
    try {
      return await work;
    } finally {
      inProgress.delete(work);
    }
  };

  const idle = async () => {
    // A pipeline that ends may start the next.
    while (inProgress.size > 0) await Promise.all(inProgress);
  };

  return { track, idle };
};

/**
 * Splits requests into those of this pipeline and those of the next. A pipeline carries all small
 * requests and as many large ones as it may. A pipeline of everything could exceed the time of an
 * attempt.
 */
const splitRequests = (requests: Request[]): { readonly sent: Request[]; readonly rest: Request[] } => {
  const isSmall = ({ counts }: Request) => counts.length <= maxCountsPerEntry;
  if (requests.every(isSmall)) return { sent: requests, rest: [] };
  const sent = requests.filter(isSmall);
  const rest: Request[] = [];
  let room = maxLargeCounts;
  for (const request of requests) {
    if (isSmall(request)) continue;
    (room > 0 ? sent : rest).push(request);
    room -= request.counts.length;
  }
  return { sent, rest };
};

/**
 * Joins the counts of whole requests up to the size of one batch. Those of a larger request stay
 * separate.
 */
const joinRequests = (requests: readonly Request[]): number[][] => {
  const groups: number[][] = [];
  let room = 0;
  for (const { counts } of requests) {
    if (counts.length > room) {
      groups.push([]);
      room = maxCountsPerEntry;
    }
    groups.at(-1)?.push(...counts);
    room -= counts.length;
  }
  return groups;
};

const encodeGroup = (counts: readonly number[], nextBatchId: () => string): Fields[] => {
  const entries: Fields[] = [];
  for (let start = 0; start < counts.length; start += maxCountsPerEntry) {
    const chunk = counts.slice(start, start + maxCountsPerEntry);
    entries.push(encodeEntry({ batchId: nextBatchId(), counts: chunk, isKeyed: false }));
  }
  return entries;
};
