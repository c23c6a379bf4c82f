import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Owner } from '../parts/owner.ts';
import type { Peer } from './peer.ts';

/** A load of distinct counts. Each is posted once, and never again. */
export type DistinctLoad = {
  /** The counts that the peer must record once. */
  readonly acknowledged: ReadonlySet<number>;
  /** Resolves when `counts` more are acknowledged. Throws when they are not within a minute. */
  readonly more: (counts: number) => Promise<void>;
  /** Resolves when no request is in progress any more. */
  readonly stop: () => Promise<void>;
};

const clients = 32;
// So slow that a consumer of single rows keeps up.
const pauseMs = 10;
const answersWithinMs = 5_000;

/** Starts to post from 32 clients. */
export const postDistinct = (owner: Owner, { request, id }: Peer, port: string): DistinctLoad => {
  const acknowledged = new Set<number>();
  let next = 1;
  let isStopping = false;

  const post = async (count: number): Promise<boolean> => {
    const [path, body] = request === 'rpush' ? ['', `RPUSH/${id}/${count}`] : ['count', JSON.stringify({ count })];
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(answersWithinMs),
    });
    const text = await answer.text();
    // Webdis answers an error of Redis with 200, too.
    return request === 'rpush' ? answer.status === 200 && /:\d+\}/.test(text) : answer.status === 201;
  };
  const client = async () => {
    while (!isStopping) {
      const count = next++;
      // A request without an answer may be recorded or not.
      if (await post(count).catch(() => false)) acknowledged.add(count);
      await pause(pauseMs);
    }
  };
  const working = Array.from({ length: clients }, client);

  const stop = async () => {
    isStopping = true;
    await Promise.all(working);
  };
  owner.after(stop);
  const more = (counts: number) => {
    const enough = acknowledged.size + counts;
    return waitUntil(() => acknowledged.size >= enough);
  };
  return { acknowledged, more, stop };
};
