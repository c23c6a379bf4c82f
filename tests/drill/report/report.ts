import { quantile } from '@sluice/bench/parts/statistics.ts';
import type { Finding } from '../checker/check.ts';
import type { Outage } from '../checker/outages.ts';
import { maxInProgress } from '../client/client.ts';
import type { Posted, Read } from '../client/history.ts';
import type { Happened } from '../schedule/run-schedule.ts';
import { formatCount, formatSeconds } from './format.ts';
import type { Sample } from './chart.ts';
import { formatFaults } from './table.ts';

/** The requests that show that the system has recovered. */
export const recoveredRequests = 300;

/** Everything that a run has shown. */
export type Run = {
  readonly seed: number;
  readonly about: readonly string[];
  readonly findings: readonly Finding[];
  readonly posted: readonly Posted[];
  /** Requests that were due and not sent, because too many were in progress. */
  readonly unsent: number;
  readonly reads: readonly Read[];
  readonly samples: readonly Sample[];
  readonly faults: readonly Happened[];
  readonly outages: readonly Outage[];
  readonly lastedMs: number;
  /** The time from the end of the last fault until {@link recoveredRequests} were acknowledged. */
  readonly recoveredMs: number;
  /** The time from the end of the load until the queue was empty. */
  readonly drainedMs: number;
};

const shown = 3;
// docs/guarantees.md, of a producer. The balancer and the network add to it.
const promisedMs = 2_000;

const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

/** Formats the rules of a run with their verdicts, one per line. */
export const formatVerdict = ({ findings }: Pick<Run, 'findings'>): string[] =>
  findings.map(({ rule, violations }) =>
    violations.length === 0
      ? `ok      ${rule}`
      : `BROKEN  ${rule}: ${formatCount(violations.length)}, such as ${violations.slice(0, shown).join('; ')}`,
  );

/** Formats a run in Markdown. */
export const formatRun = (run: Run): string =>
  [
    ...aboutOf(run).map((line) => `- ${line}`),
    '',
    '| rule | violations |',
    '| --- | --- |',
    ...run.findings.map(({ rule, violations }) => `| ${rule} | ${violations.length} |`),
    '',
    formatFaults(run.faults, run.outages),
  ].join('\n');

const aboutOf = ({ seed, about, posted, unsent, faults, outages, lastedMs, recoveredMs, drainedMs }: Run): string[] => {
  const itemsWith = (outcome: Posted['outcome']) =>
    formatCount(posted.filter((request) => request.outcome === outcome).reduce((sum, { length }) => sum + length, 0));
  const attempts = posted.flatMap((request) => request.attempts);
  const answered = attempts.flatMap(({ ms, answer }) => (answer === undefined ? [] : [ms]));
  const longest = Math.max(0, ...outages.map(({ from, to }) => to - from));
  return [
    ...about,
    `Run: seed ${seed}, ${(lastedMs / 60_000).toFixed(1)} minutes under load, ${faults.length} faults of ${new Set(faults.map(({ kind }) => kind)).size} kinds`,
    `Requests: ${formatCount(posted.length)}, sent ${formatCount(attempts.length)} times; ${itemsWith('acknowledged')} counts and rows acknowledged, ${itemsWith('refused')} refused, ${itemsWith('unknown')} of unknown outcome; ${formatCount(unsent)} requests were not sent, because ${maxInProgress} others had no answer yet`,
    `Answers: median ${quantile(answered, 0.5).toFixed(0)} ms, 99 % within ${quantile(answered, 0.99).toFixed(0)} ms, the slowest ${quantile(answered, 1).toFixed(0)} ms; ${share(answered.filter((ms) => ms <= promisedMs).length, attempts.length)} of all attempts had one within 2 s, ${formatCount(attempts.length - answered.length)} had none`,
    `Times of a second or more without a 201: ${outages.length}, the longest ${formatSeconds(longest)}`,
    `${recoveredRequests} requests were acknowledged within ${formatSeconds(recoveredMs)} of the last fault; the queue was empty ${formatSeconds(drainedMs)} after the load`,
  ];
};
