import { quantile } from '../../parts/statistics.ts';
import { formatAligned } from '../../report/aligned-table.ts';
import type { Figures } from '../figures.ts';
import type { Peer } from '../peer.ts';
import { bullmqPeers, nodePeers } from '../peers.ts';
import { formatQuotients, quotientsOf, type Comparison } from '../result.ts';

/** Formats the targets. A rate is compared with the best rival of each round. */
export const formatTargets = ({ results: [sluice, ...others] }: Comparison): string => {
  const againstBest = (rivals: readonly Peer[], name: keyof Figures): number[] => {
    const quotients = others
      .filter(({ peer }) => rivals.includes(peer))
      .map((rival) => quotientsOf(sluice, rival, name))
      .filter(({ length }) => length > 0);
    if (quotients.length === 0) return [];
    return sluice.rounds.map((_, round) => Math.min(...quotients.map((ofRival) => ofRival[round] ?? Infinity)));
  };
  const harm = Object.values(sluice.outcomes).reduce((sum, { lost, twice }) => sum + lost + twice, 0);
  return formatAligned(
    ['Sluice', 'result (lowest – highest)', 'target', ''],
    [
      targetOf('POSTs ÷ fastest Node peer, no worker runs', againstBest(nodePeers, 'ingest'), 1.1),
      targetOf('POSTs ÷ fastest Node peer, worker runs', againstBest(nodePeers, 'ingestAtWork'), 1.1),
      targetOf('POST to row ÷ faster BullMQ', againstBest(bullmqPeers, 'endToEnd'), 5),
      ['Lost or recorded twice after kills', String(harm), '0', harm === 0 ? 'met' : 'NOT MET'],
    ],
  );
};

const targetOf = (what: string, quotients: readonly number[], target: number): string[] => {
  const isMet = quantile(quotients, 0.5) >= target;
  return [what, formatQuotients(quotients), `≥ ${target}`, quotients.length === 0 ? '' : isMet ? 'met' : 'NOT MET'];
};
