import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { post } from './post.ts';
import { measureResponseDelay } from './response-delay.ts';

export type Refusal = {
  readonly kind: Kind;
  readonly ms: number;
  /** The slowest answer of the producer in the meantime that waited for nothing but the machine. */
  readonly machineMs: number;
};

type Kind = 'single' | 'batch' | 'keyed';

/** The outcome of the posted counts. */
export type Posted = {
  /** The counts that must be recorded. */
  readonly acknowledged: ReadonlySet<number>;
  /** The counts that may be recorded: they were refused, or no answer came. */
  readonly unacknowledged: ReadonlySet<number>;
  /** The kind of request for each 503, and its duration in ms. */
  readonly refusals: readonly Refusal[];
  /** Answers other than 201 or a 503 with `Retry-After`. There should be none. */
  readonly oddAnswers: readonly string[];
};

export type Load = Posted & {
  /** Resolves when every request in progress has its answer. */
  readonly settle: () => Promise<void>;
  /** Resolves when `counts` more counts are acknowledged. */
  readonly more: (counts?: number) => Promise<void>;
  /** Stops the load; resolves when every request has its answer. */
  readonly stop: () => Promise<void>;
};

export type LoadSettings = {
  /** The number of clients, each with its own connection. */
  readonly clients?: number;
  /**
   * The pause of each client between two requests, so that the load does not overload the machine.
   */
  readonly pauseMs?: number;
  /** The first count, when two loads run. */
  readonly firstCount?: number;
};

type Post = {
  readonly kind: Kind;
  readonly path: string;
  readonly body: unknown;
  readonly counts: readonly number[];
  readonly key?: string;
};

const repeats = 20;
const repeatAfterMs = 250;

/**
 * Posts distinct counts from several clients, one request at a time each. Ends with the test.
 * Most requests have one count, and some have a batch that needs several entries. Some have an
 * idempotency key: the client sends these to one address after the other until they are
 * acknowledged.
 */
export const startLoad = (
  test: TestContext,
  addresses: readonly string[],
  { clients = 8, pauseMs = 8, firstCount = 1 }: LoadSettings = {},
): Load => {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const delay = measureResponseDelay(addresses);
  const acknowledged = new Set<number>();
  const unacknowledged = new Set<number>();
  const refusals: Refusal[] = [];
  const oddAnswers: string[] = [];
  let next = firstCount;
  let requests = 0;
  let isStopping = false;

  const underWay = new Set<Promise<unknown>>();

  const take = (length: number) => Array.from({ length }, () => next++);

  const nextPost = (): Post => {
    const number = requests++;
    if (number % 128 === 32) {
      const counts = take(1_100);
      return { kind: 'batch', path: '/counts', body: { counts }, counts };
    }
    const counts = take(1);
    const single = { kind: 'single', path: '/count', body: { count: counts[0] }, counts } as const;
    return number % 8 === 4 ? { ...single, kind: 'keyed', key: randomUUID() } : single;
  };

  const attempt = async (what: Post, address: string): Promise<boolean> => {
    const startedAt = performance.now();
    const asking = post(agent, `${address}${what.path}`, JSON.stringify(what.body), headersOf(what.key));
    underWay.add(asking);
    const answer = await asking;
    underWay.delete(asking);
    if (answer === undefined) return false;
    const isRefusal = answer.status === 503 && answer.retryAfter !== undefined;
    if (isRefusal) {
      const ms = performance.now() - startedAt;
      refusals.push({ kind: what.kind, ms, machineMs: delay.slowestSince(address, startedAt) });
    }
    if (!isRefusal && answer.status !== 201) oddAnswers.push(`${answer.status} ${answer.text}`);
    return answer.status === 201;
  };

  const client = async (_: unknown, index: number) => {
    while (!isStopping) {
      const what = nextPost();
      let isAcknowledged = false;
      for (
        let turn = 0;
        turn < (what.key === undefined ? 1 : repeats) && !isAcknowledged && !(turn > 0 && isStopping);
        turn++
      ) {
        if (turn > 0) await pause(repeatAfterMs);
        isAcknowledged = await attempt(what, addresses[(index + turn) % addresses.length] ?? '');
      }
      for (const count of what.counts) (isAcknowledged ? acknowledged : unacknowledged).add(count);
      await pause(pauseMs);
    }
  };
  const working = Array.from({ length: clients }, client);

  const stop = async () => {
    isStopping = true;
    await Promise.all(working);
    delay.stop();
    agent.destroy();
  };
  const settle = async () => {
    await Promise.all(underWay);
  };
  const more: Load['more'] = (counts = 100) => {
    const enough = acknowledged.size + counts;
    return waitUntil(() => acknowledged.size >= enough);
  };
  test.after(stop);
  return { acknowledged, unacknowledged, refusals, oddAnswers, settle, more, stop };
};

/** Combines the outcomes of several loads. */
export const joinLoads = (loads: readonly Posted[]): Posted => ({
  acknowledged: new Set(loads.flatMap(({ acknowledged }) => Array.from(acknowledged))),
  unacknowledged: new Set(loads.flatMap(({ unacknowledged }) => Array.from(unacknowledged))),
  refusals: loads.flatMap(({ refusals }) => refusals),
  oddAnswers: loads.flatMap(({ oddAnswers }) => oddAnswers),
});

const headersOf = (key: string | undefined) => ({
  'content-type': 'application/json',
  ...(key === undefined ? {} : { 'idempotency-key': key }),
});
