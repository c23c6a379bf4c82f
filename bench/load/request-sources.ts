import { readingOf, tables } from '../tables/fifty.ts';
import { pageViewOf } from '../tables/page-view.ts';
import type { Command } from './command.ts';
import { requestText } from './connection.ts';

type Source = () => string | Buffer;

const itemsPerRequest = 1_000;
const firstCount = 1_700_000_000;

const post = (path: string, body: unknown): string => requestText('POST', path, JSON.stringify(body));

const numbers = Array.from({ length: itemsPerRequest }, (_, index) => index);

/** Repeats a request that is built in advance. */
const repeat = (text: string): Source => {
  const bytes = Buffer.from(text);
  return () => bytes;
};

/** Builds another request each time, from its number. */
const numbered = (requestOf: (number: number) => string): Source => {
  let next = 0;
  return () => requestOf(next++);
};

const readingPaths = tables.map(({ name }) => `/tables/${name}/rows`);

type RequestKind = Extract<Command, { kind: 'full speed' }>['request'];

/** Returns the statuses that answer a request successfully. */
export const successOf = (request: RequestKind): readonly number[] =>
  ({ get: [200, 201], rpush: [200] } as Partial<Record<RequestKind, number[]>>)[request] ?? [201];

/** Creates a source of requests of each kind. */
export const requestSources: Readonly<Record<RequestKind, () => Source>> = {
  get: () => repeat(requestText('GET', '/count')),
  count: () => numbered((number) => post('/count', { count: firstCount + number })),
  counts: () => repeat(post('/counts', { counts: numbers.map((number) => firstCount + number) })),
  row: () => numbered((number) => post('/tables/page_view/rows', pageViewOf(number))),
  rows: () => repeat(post('/tables/page_view/rows', numbers.map(pageViewOf))),
  rpush: () => numbered((number) => requestText('POST', '/', `RPUSH/webdis/${firstCount + number}`)),
  readings: () => numbered((number) => post(readingPaths[number % readingPaths.length] ?? '', readingOf(number))),
};
