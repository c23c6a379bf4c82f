import { encodeEntry, maxCountsPerEntry } from '@sluice/contract/entry.ts';
import { createBatchIds } from './batch-ids.ts';
import type { AppendSettings } from './append-settings.ts';
import type { EnqueueOutcome } from './enqueue-outcome.ts';
import { createSender, type Fields, type Sender } from './append.ts';
import type { IdempotencyKey } from './key-records.ts';
import { createKeyedSender } from './append-once.ts';
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
  readonly settle: (outcome: EnqueueOutcome) => void;
  isSettled: boolean;
};

type Arrivals = {
  readonly add: (counts: readonly number[], resolve: (outcome: EnqueueOutcome) => void) => Request;
};

type Lane = { readonly sender: Sender; flights: number; avoidedUntil: number };

type EnqueuerSettings = AppendSettings & {
  /**
   * True once the partitions are registered. Nothing is added before: entries of a partition that no
   * consumer knows could be stranded.
   */
  readonly areRegistered: () => boolean;
  /** Maximum time in ms that a request waits for its acknowledgement. */
  readonly deadlineMs: number;
  /**
   * Maximum time in ms of one attempt. Then its connection is replaced and the flight is sent
   * again.
   */
  readonly attemptMs: number;
  readonly onError: (error: unknown) => void;
  /** Called after each acknowledged flight with the number of its requests. */
  readonly onFlight?: ((requests: number) => void) | undefined;
};

const avoidForMs = 1_000;
// Counts that one flight carries from requests of more than one batch.
const maxLargeCounts = 20_000;

/**
 * Returns the maximum number of flights in progress per partition: one is sent while the next is
 * made. With replicas it is one, because WAIT delays all later commands on its connection.
 */
const mostFlights = ({ ackReplicas }: EnqueuerSettings): number => (ackReplicas > 0 ? 1 : 2);

/**
 * Creates the enqueuer, which uses group commit. A partition has at most two flights in progress,
 * or one with `ackReplicas`. Requests that arrive meanwhile form the next flight, as do those of
 * one turn of the event loop. There is no timer, so an idle queue adds no latency and a busy one
 * makes larger batches. The partitions take turns. One that was full or unavailable is skipped for
 * a second, unless all were. A flight whose reply was lost is sent again under the same ids until
 * the deadline of its last request. The ledger records an id once.
 */
export const createEnqueuer = (settings: EnqueuerSettings): Enqueuer => {
  const { partitions, deadlineMs } = settings;
  if (partitions.length === 0) throw new RangeError('A queue has at least one partition');
  const nextBatchId = createBatchIds();
  const keyedSender = createKeyedSender(settings);
  const lanes = partitions.map((partition): Lane => ({
    sender: createSender({ ...settings, partition }),
    flights: 0,
    avoidedUntil: 0,
  }));
  const { track, settled } = createTracker();
  let waiting: Request[] = [];
  let arrivals: Arrivals | undefined;
  let turn = 0;
  let dispatching: NodeJS.Immediate | undefined;

  const enqueue: Enqueuer['enqueue'] = (counts, key) => {
    if (!settings.areRegistered()) return Promise.resolve('unavailable');
    if (key === undefined) return enqueuePlain(counts);
    const deadline = performance.now() + deadlineMs;
    return track(retryUntilDeadline(deadline, settings, (withinMs) => keyedSender.send(key, counts, withinMs)));
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
      const lane = chooseLane();
      if (lane === undefined) return;
      const { flight: requests, rest } = splitRequests(waiting.filter(({ isSettled }) => !isSettled));
      waiting = rest;
      if (requests.length > 0) void track(fly(lane, requests));
    }
  };

  const chooseLane = (): Lane | undefined => {
    const now = performance.now();
    const isAvoided = ({ avoidedUntil }: Lane) => avoidedUntil > now;
    const areAllAvoided = lanes.every(isAvoided);
    for (let step = 0; step < lanes.length; step++) {
      const lane = lanes[turn++ % lanes.length];
      if (lane !== undefined && lane.flights < mostFlights(settings) && (areAllAvoided || !isAvoided(lane)))
        return lane;
    }
    return undefined;
  };

  const fly = async (lane: Lane, requests: readonly Request[]) => {
    lane.flights += 1;
    const flight = joinRequests(requests).map((counts) => encodeGroup(counts, nextBatchId));
    const deadline = Math.max(...requests.map((request) => request.deadline));
    const outcome = await retryUntilDeadline(deadline, settings, (withinMs) => lane.sender.send(flight, withinMs));
    if (outcome === 'acknowledged') settings.onFlight?.(requests.length);
    else lane.avoidedUntil = performance.now() + avoidForMs;
    for (const request of requests) if (!request.isSettled) request.settle(outcome);
    lane.flights -= 1;
    dispatch();
  };

  const drain = () => {
    dispatch();
    return settled();
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
  let unsettled = 0;
  const timer = setTimeout(() => {
    onDeadline();
    for (const request of requests) if (!request.isSettled) request.settle('unavailable');
  }, deadlineMs);

  const add: Arrivals['add'] = (counts, resolve) => {
    const settle = (outcome: EnqueueOutcome) => {
      request.isSettled = true;
      unsettled -= 1;
      if (unsettled === 0) clearTimeout(timer);
      resolve(outcome);
    };
    const request: Request = { counts, deadline, settle, isSettled: false };
    unsettled += 1;
    requests.push(request);
    return request;
  };
  return { add };
};

/** Tracks the work in progress, to wait for it. */
const createTracker = () => {
  const underWay = new Set<Promise<unknown>>();

  const track = async <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    try {
      return await work;
    } finally {
      underWay.delete(work);
    }
  };

  const settled = async () => {
    // A flight that ends may start the next.
    while (underWay.size > 0) await Promise.all(underWay);
  };

  return { track, settled };
};

/**
 * Splits requests into those of this flight and those of the next. A flight carries all small
 * requests and as many large ones as it may. A flight of everything could exceed the time of an
 * attempt.
 */
const splitRequests = (requests: Request[]): { readonly flight: Request[]; readonly rest: Request[] } => {
  const isSmall = ({ counts }: Request) => counts.length <= maxCountsPerEntry;
  if (requests.every(isSmall)) return { flight: requests, rest: [] };
  const flight = requests.filter(isSmall);
  const rest: Request[] = [];
  let room = maxLargeCounts;
  for (const request of requests) {
    if (isSmall(request)) continue;
    (room > 0 ? flight : rest).push(request);
    room -= request.counts.length;
  }
  return { flight, rest };
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
