import { routes } from '@sluice/contract/routes.ts';
import { recordedRow, rowsPageOf, tablePathsOf, tableTotalOf } from '@sluice/contract/table-bodies.ts';
import * as z from 'zod/mini';
import { ask, type Outcome } from './ask.ts';
import { authorizationOf } from './authorization.ts';

const totalBody = routes.getCount.answers[200].body;
const pageBody = routes.getCounts.answers[200].body;
const queueBody = routes.getQueue.answers[200].body;
const tablesBody = routes.getTables.answers[200].body;
const tableTotalBody = tableTotalOf(z.string(), recordedRow);
const tableRowsBody = rowsPageOf(recordedRow);

/** The answer of `GET /count`. */
export type Total = z.infer<typeof totalBody>;

/** The answer of `GET /queue`. */
export type QueueState = z.infer<typeof queueBody>;

/** A recorded count. */
export type Row = z.infer<typeof pageBody>['counts'][number];

/** Fetches the number of rows and the latest value. `token` is a bearer token, `''` for none. */
export const readTotal = (token: string): Promise<Outcome<Total>> =>
  ask({ path: routes.getCount.path, body: totalBody, init: { headers: authorizationOf(token) } });

/** Fetches the newest rows, newest first. `token` is a bearer token, `''` for none. */
export const readNewestRows = (limit: number, token: string): Promise<Outcome<z.infer<typeof pageBody>>> =>
  ask({
    path: `${routes.getCounts.path}?limit=${limit}`,
    body: pageBody,
    init: { headers: authorizationOf(token) },
  });

/** A declared table, with its columns and the JSON Schema of a row. */
export type DeclaredTable = z.infer<typeof tablesBody>['tables'][number];

/** The answer of `GET /tables/NAME`. */
export type TableTotal = z.infer<typeof tableTotalBody>;

/** A recorded row of a table. */
export type TableRow = z.infer<typeof recordedRow>;

/** A page of recorded rows. `next` is the `before` of the page of older rows. */
export type TablePage = z.infer<typeof tableRowsBody>;

/** Fetches the declared tables. `token` is a bearer token, `''` for none. */
export const readTables = (token: string): Promise<Outcome<z.infer<typeof tablesBody>>> =>
  ask({ path: routes.getTables.path, body: tablesBody, init: { headers: authorizationOf(token) } });

/** Fetches the number of rows of a table and its latest row. */
export const readTableTotal = (table: string, token: string): Promise<Outcome<TableTotal>> =>
  ask({ path: tablePathsOf(table).table, body: tableTotalBody, init: { headers: authorizationOf(token) } });

/** Fetches the state of the queue of a table. */
export const readTableQueue = (table: string, token: string): Promise<Outcome<QueueState>> =>
  ask({ path: tablePathsOf(table).queue, body: queueBody, init: { headers: authorizationOf(token) } });

/** Fetches rows of a table, newest first: those with ids below `before`, or the newest. */
export const readTableRows = (
  table: string,
  limit: number,
  before: string | undefined,
  token: string,
): Promise<Outcome<TablePage>> =>
  ask({
    path: `${tablePathsOf(table).rows}?limit=${limit}${before === undefined ? '' : `&before=${before}`}`,
    body: tableRowsBody,
    init: { headers: authorizationOf(token) },
  });
