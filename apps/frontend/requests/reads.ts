import { routes } from '@sluice/contract/routes.ts';
import type * as z from 'zod/mini';
import { ask, type Outcome } from './ask.ts';
import { authorizationOf } from './authorization.ts';

const totalBody = routes.getCount.answers[200].body;
const pageBody = routes.getCounts.answers[200].body;

/** The answer of `GET /count`. */
export type Total = z.infer<typeof totalBody>;

/** The answer of `GET /queue`. */
export type QueueState = z.infer<(typeof routes.getQueue.answers)[200]['body']>;

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
