import { withOwner } from '../parts/owner.ts';
import type { Servers } from '../parts/pipeline.ts';
import { killUnderLoad } from './kill.ts';
import { assertHarmless, formatOutcome } from './outcome.ts';
import type { Peer, Programs } from './peer.ts';
import { createSite } from './site.ts';
import { postDistinct } from './post-distinct.ts';
import { startServer, startWorker } from './processes.ts';
import type { Provided } from './provide.ts';

const counts = 100;
const recordsWithinMs = 30_000;

// The worker first: its entries are claimed while the other parts die.
const killed = ['worker', 'worker', 'server', 'server', 'redis', 'redis', 'mysql'] as const;

/** Throws unless every peer records counts, and Sluice each of them once though its parts are killed. */
export const checkPeers = async (
  servers: Servers,
  provided: readonly Provided[],
  say: (text: string) => void,
): Promise<void> => {
  await Promise.all(
    provided.map(async ({ peer, programs }) => {
      await checkPeer(servers, peer, programs).catch((error: unknown) => {
        throw new Error(`${peer.name} does not record counts`, { cause: error });
      });
      say(`${peer.name} records counts`);
    }),
  );
  const [sluice] = provided;
  if (sluice === undefined) throw new Error('There is no peer');
  const outcome = await killUnderLoad(servers, sluice.peer, sluice.programs, killed);
  say(`kill -9 of ${killed.join(', ')}, ${sluice.peer.name}: ${formatOutcome(outcome)}`);
  assertHarmless(outcome);
};

/** Throws unless a peer acknowledges counts and records them. A slow one must record the first. */
const checkPeer = (servers: Servers, peer: Peer, programs: Programs): Promise<void> =>
  withOwner(async (owner) => {
    const { place, untilRecorded } = await createSite(owner, servers, peer);
    await Promise.all([startServer(owner, programs, place), startWorker(owner, programs, place)]);
    const load = postDistinct(owner, peer, place.environment.PORT);
    await load.more(counts);
    await load.stop();
    const expected = peer.isSlow === true ? 1 : load.acknowledged.size;
    const recorded = await untilRecorded(expected, recordsWithinMs);
    if (recorded < expected) throw new Error(`${peer.name} recorded ${recorded} of ${expected} counts`);
  });
