import { rateOf } from '../parts/full-speed.ts';
import { formatFigures, type Figures } from './figures.ts';
import { killUnderLoad, parts, type Part } from './kill.ts';
import { formatOutcome, type Outcome } from './outcome.ts';
import type { Peer } from './peer.ts';
import { profileProducer } from './profile.ts';
import type { Provided } from './provide.ts';
import type { Comparison, Result } from './result.ts';
import { measureNoop, measureRound, type Round } from './round.ts';

type Run = {
  readonly rounds: number;
  readonly say: (text: string) => void;
};

/** Measures all peers in rounds, and then kills their parts. The first peer is Sluice. */
export const compare = async (round: Round, provided: readonly Provided[], run: Run): Promise<Comparison> => {
  const { figures, noop } = await measure(round, provided, run);
  const results: Result[] = [];
  for (const each of provided) {
    const outcomes = await killEach(round, each, run);
    results.push({ peer: each.peer, rounds: figures.get(each.peer) ?? [], outcomes });
  }
  const profile = await profileProducer(round);
  const [sluice, ...others] = results;
  if (sluice === undefined) throw new Error('There is no peer');
  return { results: [sluice, ...others], noop, profile };
};

/** Measures all peers in turns. Every round starts with another one. */
const measure = async (round: Round, provided: readonly Provided[], { rounds, say }: Run) => {
  const figures = new Map<Peer, Figures[]>(provided.map(({ peer }) => [peer, []]));
  const noop: number[] = [];
  for (let index = 0; index < rounds; index++) {
    noop.push(rateOf(await measureNoop(round)));
    const first = index % provided.length;
    for (const { peer, programs } of [...provided.slice(first), ...provided.slice(0, first)]) {
      const measured = await measureRound(round, peer, programs).catch((error: unknown) => {
        throw new Error(`${peer.name} could not be measured`, { cause: error });
      });
      figures.get(peer)?.push(measured);
      say(`round ${index + 1} of ${rounds}, ${peer.name}: ${formatFigures(measured)}`);
    }
  }
  return { figures, noop };
};

/** Kills each part of a peer under load. A peer without a worker has no Redis either. */
const killEach = async ({ servers }: Round, { peer, programs }: Provided, { say }: Run) => {
  const outcomes: Partial<Record<Part, Outcome>> = {};
  const ownParts = programs.worker === undefined ? (['server', 'mysql'] as const) : parts;
  for (const part of peer.isSlow === true ? [] : ownParts) {
    // Several kills, because one may hit a harmless moment.
    const outcome = await killUnderLoad(servers, peer, programs, [part, part, part]);
    say(`kill -9 of ${part}, ${peer.name}: ${formatOutcome(outcome)}`);
    outcomes[part] = outcome;
  }
  return outcomes;
};
