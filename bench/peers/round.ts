import type { LoadResult } from '../load/command.ts';
import { connections, rateOf } from '../parts/full-speed.ts';
import type { Load } from '../parts/load.ts';
import { withOwner } from '../parts/owner.ts';
import type { Servers } from '../parts/pipeline.ts';
import { residentMbOfTree } from '../parts/process-usage.ts';
import type { Figures } from './figures.ts';
import type { Peer, Programs } from './peer.ts';
import { createSite, type Site } from './site.ts';
import { startServer, startWorker, type PeerProcess } from './processes.ts';

export type Round = {
  readonly servers: Servers;
  readonly load: Load;
  /** The port of the server that does nothing. */
  readonly noopPort: number;
  /** The duration of a load at full speed, in ms. */
  readonly sliceMs: number;
};

type Post = (ms: number) => Promise<LoadResult>;

const visiblePerSecond = 200;
// A longer wait would only show again that the queue grows.
const drainsWithinMs = 5_000;
const sampleEveryMs = 50;

/** Loads the server that does nothing. */
export const measureNoop = ({ load, noopPort, sliceMs }: Round): Promise<LoadResult> =>
  load({ kind: 'full speed', request: 'count', ports: [noopPort], connections, ms: sliceMs });

/** Measures a peer once, with new processes on an empty queue and an empty table. */
export const measureRound = (round: Round, peer: Peer, programs: Programs): Promise<Figures> =>
  withOwner(async (owner) => {
    const site = await createSite(owner, round.servers, peer);
    await site.client.flushAll();
    const { place, untilRecorded, empty } = site;
    const port = Number(place.environment.PORT);
    const { request = 'count' } = peer;
    const post: Post = (ms) => round.load({ kind: 'full speed', request, ports: [port], connections, ms });
    const startOwnWorker = () => startWorker(owner, programs, place);

    const server = await startServer(owner, programs, place);
    let worker = await startOwnWorker();
    const warmUp = await post(round.sliceMs);
    const keepsUp = (await untilRecorded(warmUp.requests, drainsWithinMs)) >= warmUp.requests;
    if (!keepsUp) await worker?.end();
    await empty(keepsUp);
    if (!keepsUp) worker = await startOwnWorker();
    const visible = peer.isSlow === true ? {} : await measureVisible(round, site, { port, request });
    const { isDrained, ...atWork } = await measureAtWork(round, site, post, [server, worker]);
    if (worker === undefined) return { ...visible, ...atWork };
    await worker.end();
    await empty(isDrained);
    return { ...visible, ...atWork, ...(await measureWaiting(round, site, post, startOwnWorker)) };
  });

const measureVisible = async (
  { load, servers: { mysql }, sliceMs }: Round,
  { database, emptyTable }: Site,
  { port, request }: { readonly port: number; readonly request: 'count' | 'rpush' },
): Promise<Pick<Figures, 'p50' | 'p99'>> => {
  const { p50, p99 } = await load({
    kind: 'visible',
    request,
    port,
    connections,
    perSecond: visiblePerSecond,
    ms: sliceMs,
    database: { ...mysql, database },
  });
  await emptyTable();
  return { p50, p99 };
};

const measureAtWork = async (
  { sliceMs }: Round,
  { untilRecorded }: Site,
  post: Post,
  processes: readonly (PeerProcess | undefined)[],
) => {
  let memoryMb = 0;
  const sample = () => {
    const pids = processes.flatMap((process) => process?.pid() ?? []);
    memoryMb = Math.max(
      memoryMb,
      pids.map(residentMbOfTree).reduce((sum, mb) => sum + mb, 0),
    );
  };
  const timer = setInterval(sample, sampleEveryMs);
  try {
    const startedAt = performance.now();
    const posted = await post(sliceMs);
    const recorded = await untilRecorded(posted.requests, drainsWithinMs);
    const endToEnd = (1000 * recorded) / (performance.now() - startedAt);
    return { ingestAtWork: rateOf(posted), endToEnd, memoryMb, isDrained: recorded >= posted.requests };
  } finally {
    clearInterval(timer);
  }
};

/** Fills the queue while no worker runs, and then lets one drain it. */
const measureWaiting = async (
  { sliceMs }: Round,
  { untilRecorded, readRedisBytes }: Site,
  post: Post,
  startOwnWorker: () => Promise<unknown>,
): Promise<Pick<Figures, 'ingest' | 'drain' | 'redisBytes'>> => {
  const bytesBefore = await readRedisBytes();
  const posted = await post(sliceMs);
  const redisBytes = ((await readRedisBytes()) - bytesBefore) / posted.requests;
  const startedAt = performance.now();
  await startOwnWorker();
  // The start of a process is not part of the rate.
  const from = await untilRecorded(1, drainsWithinMs);
  const fromAt = performance.now();
  const recorded = await untilRecorded(posted.requests, drainsWithinMs);
  const endedAt = performance.now();
  const drain =
    from < recorded ? (1000 * (recorded - from)) / (endedAt - fromAt) : (1000 * recorded) / (endedAt - startedAt);
  return { ingest: rateOf(posted), drain, redisBytes };
};
