import { compareRecorded } from '@sluice/fault-tests/compare-recorded.ts';
import { itemsOf, loadedTables, type LoadedTable, type Posted, type Read } from '../client/history.ts';

/** The content of the database at the end. */
export type Recorded = {
  /** The number of each item, as often as it is recorded. */
  readonly items: Readonly<Record<LoadedTable, readonly number[]>>;
  /** The number of rows that Sluice counted itself. */
  readonly totals: Readonly<Record<LoadedTable, number>>;
  /** Items whose values differ from those that were sent. */
  readonly changed: readonly string[];
  readonly deadLetters: number;
};

export type History = { readonly posted: readonly Posted[]; readonly reads: readonly Read[] };

/** A rule that a run must keep, with everything that broke it. */
export type Finding = { readonly rule: string; readonly violations: readonly string[] };

/** The rules that a lost or repeated item breaks. */
export const lostRule = 'acknowledged, so recorded';
export const twiceRule = 'recorded at most once';

/** Compares what clients saw with what is recorded. Each rule is in the result, also those that hold. */
export const check = ({ posted, reads }: History, recorded: Recorded): Finding[] => {
  const differences = loadedTables.map((table) => compareTable(table, posted, recorded.items[table]));
  const all = (kind: keyof (typeof differences)[number]) => differences.flatMap((each) => each[kind]);
  return [
    { rule: lostRule, violations: all('lost') },
    { rule: twiceRule, violations: all('twice') },
    { rule: 'refused, so not recorded', violations: all('refused') },
    { rule: 'recorded, so sent', violations: all('invented') },
    { rule: 'recorded as a whole request or not at all', violations: all('partial') },
    { rule: 'recorded with the values that were sent', violations: recorded.changed },
    { rule: 'answered by the contract', violations: posted.flatMap(({ lie }) => lie ?? []) },
    { rule: 'a later read has no smaller total', violations: findStaleReads(reads) },
    { rule: 'the totals are the numbers of rows', violations: findWrongTotals(recorded) },
    { rule: 'no dead letters', violations: recorded.deadLetters === 0 ? [] : [`${recorded.deadLetters} dead letters`] },
  ];
};

const compareTable = (table: LoadedTable, posted: readonly Posted[], items: readonly number[]) => {
  const requests = posted.filter((request) => request.table === table);
  const itemsWith = (outcome: Posted['outcome']) =>
    requests.filter((request) => request.outcome === outcome).flatMap(itemsOf);
  const refused = new Set(itemsWith('refused'));
  const { lost, twice, invented } = compareRecorded(items, itemsWith('acknowledged'), new Set(itemsWith('unknown')));
  const recorded = new Set(items);
  const isPartial = (request: Posted) => {
    const found = itemsOf(request).filter((item) => recorded.has(item)).length;
    return request.outcome === 'unknown' && found > 0 && found < request.length;
  };
  const name = (item: number) => `${table} ${item}`;
  return {
    lost: lost.map(name),
    twice: twice.map(name),
    refused: invented.filter((item) => refused.has(item)).map(name),
    invented: invented.filter((item) => !refused.has(item)).map(name),
    partial: requests.filter(isPartial).map(({ first, length }) => `${table} ${first} to ${first + length - 1}`),
  };
};

/** Returns the reads that began after another had ended, and have a smaller total. */
const findStaleReads = (reads: readonly Read[]): string[] => {
  const byEnd = reads.toSorted((one, other) => one.endedAt - other.endedAt);
  const byBegin = reads.toSorted((one, other) => one.at - other.at);
  const stale: string[] = [];
  let ended = 0;
  let largest = 0;
  for (const read of byBegin) {
    for (; (byEnd[ended]?.endedAt ?? Infinity) < read.at; ended++)
      largest = Math.max(largest, byEnd[ended]?.total ?? 0);
    if (read.total < largest) stale.push(`${read.total} at ${Math.round(read.at)} ms, after ${largest}`);
  }
  return stale;
};

const findWrongTotals = ({ items, totals }: Recorded): string[] =>
  loadedTables
    .filter((table) => totals[table] !== items[table].length)
    .map((table) => `${table}: ${totals[table]} and not ${items[table].length}`);
