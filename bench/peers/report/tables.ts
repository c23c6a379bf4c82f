import { quantile } from '../../parts/statistics.ts';
import { formatAligned } from '../../report/aligned-table.ts';
import { formatNumber } from '../../report/table.ts';
import { formatFigure, type Figures } from '../figures.ts';
import { parts } from '../kill.ts';
import { countLines } from './lines.ts';
import { formatOutcome } from '../outcome.ts';
import { formatQuotients, quotientsOf, type Comparison, type Result } from '../result.ts';

type Name = keyof Figures;

/** Formats the tables of a comparison, one row for each peer. */
export const formatTables = ({ results, noop, profile }: Comparison): string => {
  const [sluice] = results;
  const ratio = (result: Result, name: Name) =>
    result === sluice ? '' : formatQuotients(quotientsOf(sluice, result, name));
  const rows = (cells: (result: Result) => readonly string[]) =>
    results.map((result) => [result.peer.name, ...cells(result)]);
  const withRatios = (first: Name, second: Name) => (result: Result) =>
    [first, second].flatMap((name) => [medianOf(result, name), ratio(result, name)]);
  const noopRatios = sluice.rounds.flatMap(({ ingest }, round) => (ingest ?? Number.NaN) / (noop[round] ?? Number.NaN));
  return [
    '### POSTs a second, 64 connections',
    formatAligned(
      ['', 'no worker runs', 'Sluice ÷ it', 'worker runs', 'Sluice ÷ it'],
      [
        ['node:http server that does nothing', formatFigure(quantile(noop, 0.5)), formatQuotients(noopRatios), '', ''],
        ...rows(withRatios('ingest', 'ingestAtWork')),
      ],
    ),
    formatAligned(
      ["processor time of Sluice's producer, no worker runs", ''],
      profile.map(({ owner, share }) => [owner, `${formatNumber(100 * share, 0)} %`]),
    ),
    '### Recorded counts a second',
    formatAligned(
      ['', 'POST to row', 'Sluice ÷ it', 'full queue', 'Sluice ÷ it'],
      rows(withRatios('endToEnd', 'drain')),
    ),
    '### POST to row at 200 a second, and costs',
    formatAligned(
      ['', 'p50 ms', 'p99 ms', 'memory MB', 'Redis bytes a count', 'lines of code', 'of configuration'],
      rows((result) => [
        ...(['p50', 'p99', 'memoryMb', 'redisBytes'] as const).map((name) => medianOf(result, name)),
        ...[result.peer.code, result.peer.configuration].map((files) => formatNumber(countLines(files), 0)),
      ]),
    ),
    '### After `kill -9` of each part, three times',
    formatAligned(['', 'acknowledged', ...parts], rows(outcomesOf)),
  ].join('\n\n');
};

const medianOf = ({ rounds }: Result, name: Name): string => {
  const values = rounds.flatMap((figures) => figures[name] ?? []);
  return formatFigure(values.length === 0 ? undefined : quantile(values, 0.5));
};

const outcomesOf = ({ outcomes }: Result): string[] => {
  const acknowledged = Object.values(outcomes).reduce((sum, outcome) => sum + outcome.acknowledged, 0);
  const cells = parts.map((part) => {
    const outcome = outcomes[part];
    return outcome === undefined ? '–' : formatOutcome(outcome);
  });
  return [acknowledged === 0 ? '–' : formatNumber(acknowledged, 0), ...cells];
};
