import { routes } from '@sluice/contract/routes.ts';
import type * as z from 'zod';
import { ask, type Outcome } from './ask.ts';

const totalBody = routes.getCount.answers[200].body;
const pageBody = routes.getCounts.answers[200].body;

/** What `GET /count` answers. */
export type Total = z.infer<typeof totalBody>;

/** What `GET /queue` answers. */
export type QueueState = z.infer<(typeof routes.getQueue.answers)[200]['body']>;

/** A recorded count. */
export type Row = z.infer<typeof pageBody>['counts'][number];

/** Asks for the number of rows and the latest value. */
export const readTotal = (): Promise<Outcome<Total>> => ask({ path: routes.getCount.path, body: totalBody });

/** Asks for the newest rows, the newest first. */
export const readNewestRows = (limit: number): Promise<Outcome<z.infer<typeof pageBody>>> =>
  ask({ path: `${routes.getCounts.path}?limit=${limit}`, body: pageBody });
