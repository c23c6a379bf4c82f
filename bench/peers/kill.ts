import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { withOwner } from '../parts/owner.ts';
import type { Servers } from '../parts/pipeline.ts';
import type { Outcome } from './outcome.ts';
import type { Peer, Programs } from './peer.ts';
import { createSite, type Site } from './site.ts';
import { postDistinct } from './post-distinct.ts';
import { startServer, startWorker } from './processes.ts';

/** A part that is killed while a peer works. */
export const parts = ['server', 'worker', 'redis', 'mysql'] as const;

export type Part = (typeof parts)[number];

const countsBetweenKills = 300;
const pollEveryMs = 100;
// Counts that a process holds in its memory are recorded by then.
const quietMs = 2_000;

/**
 * Posts distinct counts, kills parts one after the other (SIGKILL), and compares what was
 * acknowledged with the table. Each part is started again before the next one is killed.
 */
export const killUnderLoad = (
  servers: Servers,
  peer: Peer,
  programs: Programs,
  killed: readonly Part[],
): Promise<Outcome> =>
  withOwner(async (owner) => {
    const site = await createSite(owner, servers, peer);
    const { place } = site;
    await site.client.flushAll();
    const [server, worker] = await Promise.all([
      startServer(owner, programs, place),
      startWorker(owner, programs, place),
    ]);
    const kill: Record<Part, () => Promise<void> | undefined> = {
      server: server.kill,
      worker: () => worker?.kill(),
      redis: () => killRedis(servers, site),
      mysql: () => killMysql(servers, site),
    };
    const load = postDistinct(owner, peer, place.environment.PORT);
    await load.more(countsBetweenKills);
    for (const part of killed) {
      await kill[part]();
      await load.more(countsBetweenKills);
    }
    await load.stop();
    return settle(site, peer, load.acknowledged);
  });

/** Kills Redis. Resolves when another one answers. */
const killRedis = async ({ pids }: Servers, { client }: Site): Promise<void> => {
  const killed = await redisPid(client);
  // In a container, it has an id of its own.
  if (!pids().includes(killed)) throw new Error('Redis can be killed only if it is a program of this machine');
  process.kill(killed, 'SIGKILL');
  await waitUntil(async () => (await redisPid(client).catch(() => killed)) !== killed);
};

const redisPid = async (client: Site['client']): Promise<number> =>
  Number(/^process_id:(\d+)/m.exec(await client.info('server'))?.[1]);

/** Kills MySQL. Resolves when another one answers. */
const killMysql = async ({ pids, mysql }: Servers, { client }: Site): Promise<void> => {
  const redis = await redisPid(client);
  const killed = pids().find((pid) => pid !== redis);
  if (killed === undefined) throw new Error('MySQL does not run');
  process.kill(killed, 'SIGKILL');
  await waitUntil(() => !pids().includes(killed));
  const answers = async () => {
    const connection = await createConnection(mysql);
    await connection.end();
    return true;
  };
  await waitUntil(() => answers().catch(() => false));
};

/**
 * Waits until the queue of a peer is empty and the table no longer changes, or until neither changes
 * for as long as the peer needs at most. Then compares.
 */
const settle = async (
  { client, sql }: Site,
  { id, countWaiting, countParked, settlesWithinMs }: Peer,
  acknowledged: ReadonlySet<number>,
): Promise<Outcome> => {
  const read = async () => {
    const [rows] = await sql.query<RowDataPacket[]>(
      'SELECT count_value AS value, COUNT(*) AS times FROM `count` GROUP BY 1',
    );
    const times = new Map(rows.map((row) => [Number(row['value']), Number(row['times'])]));
    const missing = [...acknowledged].filter((count) => !times.has(count)).length;
    const parked = (await countParked?.(client, id)) ?? 0;
    const waiting = await countWaiting(client, id);
    return {
      acknowledged: acknowledged.size,
      lost: Math.max(0, missing - parked - waiting),
      twice: [...times.values()].reduce((sum, number) => sum + number - 1, 0),
      parked,
      waiting,
    };
  };
  let last = await read();
  let changedAt = performance.now();
  for (;;) {
    await pause(pollEveryMs);
    const now = await read();
    if (JSON.stringify(now) !== JSON.stringify(last)) changedAt = performance.now();
    last = now;
    const stillMs = performance.now() - changedAt;
    if (stillMs > (now.waiting === 0 ? quietMs : settlesWithinMs)) return now;
  }
};
