import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, evaluateTable } from './evaluate.ts';
import { unreadTable } from './follow-table.ts';
import { emptyHistory } from './history.ts';

const count = { rows_count: 7, latest_value: 1, hostname: 'a' };
const queue = {
  waiting_batches: 0,
  oldest_age_ms: 0,
  in_flight_batches: 0,
  consumers: 1,
  dead_letters: 0,
  paused: false,
};
const well = { link: 'live', token: '', isTokenRefused: false, count, queue, findings: [], stillMs: 9_000 } as const;
const evicts = { code: 'redis_evicts', severity: 'refused', detail: 'Redis removes keys.' } as const;
const readOnly = { code: 'mysql_read_only', severity: 'warning', detail: 'It is read-only.' } as const;
const heldUp = { waiting_batches: 9, oldest_age_ms: 6_000 };

for (const [what, change, tone, sentence] of [
  ['a pipeline with nothing to do', {}, 'well', /^All is well\.$/],
  ['a database without rows', { count: { ...count, rows_count: 0 } }, 'well', /^All is well\.$/],
  ['the time before the first event', { count: undefined, queue: undefined, link: 'connecting' }, 'unknown', /Loading/],
  ['a browser without a network', { link: 'offline' }, 'trouble', /offline/],
  ['a stream that broke', { link: 'reconnecting' }, 'trouble', /The API is unavailable/],
  ['a page that was hidden', { link: 'connecting' }, 'unknown', /Loading/],
  ['events of another release', { link: 'unreadable' }, 'trouble', /cannot read the events of the API/],
  ['reads that require a token', { link: 'locked' }, 'notice', /requires a token/],
  ['a token that the API has not checked yet', { link: 'locked', token: 'x' }, 'unknown', /^Trying the token/],
  ['a refused token', { link: 'locked', token: 'x', isTokenRefused: true }, 'trouble', /refuses this token/],
  ['an unavailable queue', { queue: null }, 'trouble', /^The queue is unavailable/],
  ['an unavailable database', { count: null }, 'trouble', /^The database is unavailable/],
  ['both unavailable', { count: null, queue: null }, 'trouble', /queue and the database are unavailable/],
  ['paused consumers', { queue: { ...queue, ...heldUp, paused: true } }, 'notice', /paused/],
  ['no consumer', { queue: { ...queue, consumers: 0 } }, 'trouble', /No consumer/],
  ['consumers that record nothing', { queue: { ...queue, ...heldUp } }, 'trouble', /consumers record nothing/],
  ['consumers that are behind', { queue: { ...queue, ...heldUp }, stillMs: 1_000 }, 'notice', /catching up/],
  ['dead letters', { queue: { ...queue, dead_letters: 1 } }, 'notice', /dead letters/],
  ['servers that would lose counts', { findings: [evicts] }, 'trouble', /^The API refuses counts/],
  [
    'servers that would lose counts, and an unavailable database',
    { findings: [evicts], count: null },
    'trouble',
    /^The API refuses counts/,
  ],
  ['a database that is read-only', { findings: [readOnly] }, 'trouble', /^The consumers cannot record/],
  ['servers with a risk', { findings: [{ ...evicts, severity: 'warning' }] }, 'well', /^All is well\.$/],
] as const) {
  test(`${what}: ${tone}`, () => {
    const verdict = evaluate({ ...well, ...change });
    assert.equal(verdict.tone, tone);
    assert.match(verdict.sentence, sentence);
  });
}

const declared = [{ table: 'vote', columns: [], schema: {} }];
const ofTable = { ...unreadTable, total: { table: 'vote', rows_count: 7, latest_row: null, hostname: 'a' }, queue };
const shown = {
  ...well,
  heardAt: undefined,
  perSecond: null,
  history: emptyHistory,
  rows: undefined,
  hosts: [],
  tables: declared,
  table: 'vote',
  ofTable,
};

for (const [what, change, tone, sentence] of [
  ['with nothing to do', {}, 'well', /^All is well\.$/],
  ['before its first answer', { ofTable: unreadTable }, 'unknown', /Loading/],
  ['before the tables are known', { ofTable: unreadTable, tables: undefined }, 'unknown', /Loading/],
  ['that is not declared', { table: 'poll', ofTable: unreadTable }, 'trouble', /^There is no such table/],
  ['while reads require a token', { link: 'locked', ofTable: unreadTable }, 'notice', /requires a token/],
  ['that the database does not have', { ofTable: { ...ofTable, total: null } }, 'trouble', /^The table cannot be read/],
  [
    'without a database',
    { count: null, ofTable: { ...ofTable, total: null } },
    'trouble',
    /^The database is unavailable/,
  ],
  ['that is paused', { ofTable: { ...ofTable, queue: { ...queue, paused: true } } }, 'notice', /^This table is paused/],
  [
    'that is paused with all others',
    { queue: { ...queue, paused: true }, ofTable: { ...ofTable, queue: { ...queue, paused: true } } },
    'notice',
    /^The consumers are paused/,
  ],
  ['with dead letters', { ofTable: { ...ofTable, queue: { ...queue, dead_letters: 2 } } }, 'notice', /dead letters/],
  ['while counts have dead letters', { queue: { ...queue, dead_letters: 2 } }, 'well', /^All is well\.$/],
  ['while servers would lose rows', { findings: [evicts] }, 'trouble', /^The API refuses rows/],
] as const) {
  test(`a table ${what}: ${tone}`, () => {
    const verdict = evaluateTable({ ...shown, ...change });
    assert.equal(verdict.tone, tone);
    assert.match(verdict.sentence, sentence);
  });
}
