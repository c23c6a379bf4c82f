import type { EntryCodec } from '@sluice/contract/entry-codec.ts';
import { createBatchIds } from './batch-ids.ts';
import type { AppendSettings } from './append-settings.ts';
import type { EnqueueOutcome } from './enqueue-outcome.ts';
import { createAppender, type Fields, type Appender } from './append.ts';
import type { IdempotencyKey } from './key-records.ts';
import { createOnceAppender } from './append-once.ts';
import { retryUntilDeadline } from './retry-until-deadline.ts';
import { splitItems } from './split-items.ts';

/** The writer that puts items into the queue: counts, or rows of a table. */
export type Enqueuer<Item> = {
  /**
   * Puts the items of one request into the queue, all or none. With a `key` they are added once,
   * however often they come with it within 24 hours.
   */
  readonly enqueue: (items: readonly Item[], key?: IdempotencyKey) => Promise<EnqueueOutcome>;
  /** Resolves when every request has its outcome. No request may be added after the call. */
  readonly drain: () => Promise<void>;
};

type Request<Item> = {
  readonly items: readonly Item[];
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: (outcome: EnqueueOutcome) => void;
  isResolved: boolean;
};

type Arrivals<Item> = {
  readonly add: (
    items: Pick<Request<Item>, 'items' | 'bytes'>,
    resolve: (outcome: EnqueueOutcome) => void,
  ) => Request<Item>;
};

type PartitionState = { readonly appender: Appender; pipelines: number; avoidedUntil: number };

type EnqueuerSettings<Item> = AppendSettings<Item> & {
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
// Items that one pipeline carries from requests of more than one batch.
const maxLargeItems = 20_000;
// Bytes that one pipeline carries, and at least one request.
const maxPipelineBytes = 2_097_152;

/**
 * Returns the maximum number of pipelines in progress per partition: one is sent while the next is
 * made. With replicas it is one, because WAIT delays all later commands on its connection.
 */
const maxPipelines = ({ ackReplicas }: Pick<AppendSettings<never>, 'ackReplicas'>): number => (ackReplicas > 0 ? 1 : 2);

/**
 * Creates the enqueuer, which uses group commit. A partition has at most two pipelines in progress,
 * or one with `ackReplicas`. Requests that arrive meanwhile form the next pipeline, as do those of
 * one turn of the event loop. There is no timer, so an idle queue adds no latency and a busy one
 * makes larger batches. The partitions take turns. One that was full or unavailable is skipped for
 * a second, unless all were. A pipeline whose reply was lost is sent again under the same ids until
 * the deadline of its last request. The ledger records an id once.
 */
export const createEnqueuer = <Item>(settings: EnqueuerSettings<Item>): Enqueuer<Item> => {
  const { codec, partitions, deadlineMs } = settings;
  if (partitions.length === 0) throw new RangeError('A queue has at least one partition');
  const nextBatchId = createBatchIds();
  const onceAppender = createOnceAppender(settings);
  const states = partitions.map((partition): PartitionState => ({
    appender: createAppender({ ...settings, partition }),
    pipelines: 0,
    avoidedUntil: 0,
  }));
  const { track, idle } = createTracker();
  let waiting: Request<Item>[] = [];
  let arrivals: Arrivals<Item> | undefined;
  let turn = 0;
  let dispatching: NodeJS.Immediate | undefined;

  const enqueue: Enqueuer<Item>['enqueue'] = (items, key) => {
    if (!settings.areRegistered()) return Promise.resolve('unavailable');
    if (key === undefined) return enqueuePlain(items);
    const deadline = performance.now() + deadlineMs;
    return track(retryUntilDeadline(deadline, settings, (withinMs) => onceAppender.append(key, items, withinMs)));
  };

  const enqueuePlain = (items: readonly Item[]): Promise<EnqueueOutcome> =>
    new Promise((resolve) => {
      arrivals ??= createArrivals(deadlineMs, () => {
        arrivals = undefined;
      });
      waiting.push(arrivals.add({ items, bytes: codec.bytesOf(items) }, resolve));
      dispatching ??= setImmediate(dispatch);
    });

  const dispatch = () => {
    dispatching = undefined;
    arrivals = undefined;
    while (waiting.length > 0) {
      const partition = choosePartition();
      if (partition === undefined) return;
      const unresolved = waiting.filter(({ isResolved }) => !isResolved);
      const { sent: requests, rest } = splitRequests(unresolved, codec);
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

  const send = async (partition: PartitionState, requests: readonly Request<Item>[]) => {
    partition.pipelines += 1;
    const groups = joinRequests(requests, codec).map((items) => encodeGroup(items, codec, nextBatchId));
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
const createArrivals = <Item>(deadlineMs: number, onDeadline: () => void): Arrivals<Item> => {
  const deadline = performance.now() + deadlineMs;
  const requests: Request<Item>[] = [];
  let unresolved = 0;
  const timer = setTimeout(() => {
    onDeadline();
    for (const request of requests) if (!request.isResolved) request.resolve('unavailable');
  }, deadlineMs);

  const add: Arrivals<Item>['add'] = ({ items, bytes }, onOutcome) => {
    const resolve = (outcome: EnqueueOutcome) => {
      request.isResolved = true;
      unresolved -= 1;
      if (unresolved === 0) clearTimeout(timer);
      onOutcome(outcome);
    };
    const request: Request<Item> = { items, bytes, deadline, resolve, isResolved: false };
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
 * requests and as many large ones as it may, up to a number of bytes. A pipeline of everything
 * could exceed the time of an attempt.
 */
const splitRequests = <Item>(
  requests: Request<Item>[],
  codec: EntryCodec<Item>,
): { readonly sent: Request<Item>[]; readonly rest: Request<Item>[] } => {
  const isSmall = ({ items, bytes }: Request<Item>) => items.length <= codec.maxItems && bytes <= codec.maxBytes;
  let room = maxLargeItems;
  let roomBytes = maxPipelineBytes;
  const takes = (request: Request<Item>) => {
    const isTaken = roomBytes > 0 && (room > 0 || isSmall(request));
    if (!isSmall(request)) room -= request.items.length;
    roomBytes -= request.bytes;
    return isTaken;
  };
  const sent: Request<Item>[] = [];
  const rest: Request<Item>[] = [];
  for (const request of requests) if (isSmall(request)) (takes(request) ? sent : rest).push(request);
  for (const request of requests) if (!isSmall(request)) (takes(request) ? sent : rest).push(request);
  return { sent, rest };
};

/**
 * Joins the items of whole requests up to the size of one batch. Those of a larger request stay
 * separate.
 */
const joinRequests = <Item>(requests: readonly Request<Item>[], codec: EntryCodec<Item>): Item[][] => {
  const groups: Item[][] = [];
  let room = 0;
  let roomBytes = 0;
  for (const { items, bytes } of requests) {
    if (items.length > room || bytes > roomBytes) {
      groups.push([]);
      room = codec.maxItems;
      roomBytes = codec.maxBytes;
    }
    groups.at(-1)?.push(...items);
    room -= items.length;
    roomBytes -= bytes;
  }
  return groups;
};

const encodeGroup = <Item>(items: readonly Item[], codec: EntryCodec<Item>, nextBatchId: () => string): Fields[] =>
  splitItems(items, codec).map((chunk) => codec.encode({ batchId: nextBatchId(), items: chunk, isKeyed: false }));
