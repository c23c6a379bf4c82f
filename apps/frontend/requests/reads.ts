import { routes } from '@sluice/contract/routes.ts';
import type * as z from 'zod';
import { ask, type Outcome } from './ask.ts';
import { authorizationOf } from './authorization.ts';

const totalBody = routes.getCount.answers[200].body;
const pageBody = routes.getCounts.answers[200].body;

/** What `GET /count` answers. */
export type Total = z.infer<typeof totalBody>;

/** What `GET /queue` answers. */
export type QueueState = z.infer<(typeof routes.getQueue.answers)[200]['body']>;

/** A recorded count. */
export type Row = z.infer<typeof pageBody>['counts'][number];

/** Asks for the number of rows and the latest value; with a bearer token, `''` for none. */
export const readTotal = (token: string): Promise<Outcome<Total>> =>
  ask({ path: routes.getCount.path, body: totalBody, init: { headers: authorizationOf(token) } });

/** Asks for the newest rows, the newest first; with a bearer token, `''` for none. */
export const readNewestRows = (limit: number, token: string): Promise<Outcome<z.infer<typeof pageBody>>> =>
  ask({
    path: `${routes.getCounts.path}?limit=${limit}`,
    body: pageBody,
    init: { headers: authorizationOf(token) },
  });
