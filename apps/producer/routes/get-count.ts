import { routes } from '@sluice/contract/routes.ts';
import type { Total } from '@sluice/ledger/read-total.ts';
import type { FastifyInstance } from 'fastify';
import type * as z from 'zod';
import { problemOfLedgerRead } from '../http/unavailable.ts';
import { addRoute, type AnswerOf } from '../http/route.ts';

export type GetCountDependencies = {
  readonly hostname: string;
  /** Throws when the database is unavailable. */
  readonly readTotal: () => Promise<Total>;
};

export const addGetCount = (server: FastifyInstance, { hostname, readTotal }: GetCountDependencies): void =>
  addRoute(server, routes.getCount, async (): Promise<AnswerOf<typeof routes.getCount>> => {
    try {
      return { status: 200, body: totalBody(await readTotal(), hostname) };
    } catch (error) {
      return problemOfLedgerRead(error, server.warn);
    }
  });

/** Formats the total as the contract defines it. */
export const totalBody = (
  { rowsCount, latestValue }: Total,
  hostname: string,
): z.output<(typeof routes.getCount.answers)[200]['body']> => ({
  rows_count: rowsCount,
  latest_value: latestValue,
  hostname,
});
