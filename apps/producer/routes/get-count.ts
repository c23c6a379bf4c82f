import { routes } from '@sluice/contract/routes.ts';
import type { Total } from '@sluice/ledger/read-total.ts';
import type { FastifyInstance } from 'fastify';
import { addRoute, type AnswerOf } from '../route.ts';

export type GetCountParts = {
  readonly hostname: string;
  /** Throws when the ledger is away. */
  readonly readTotal: () => Promise<Total>;
};

export const addGetCount = (server: FastifyInstance, { hostname, readTotal }: GetCountParts): void =>
  addRoute(server, routes.getCount, async (): Promise<AnswerOf<typeof routes.getCount>> => {
    try {
      const { rowsCount, latestValue } = await readTotal();
      return { status: 200, body: { rows_count: rowsCount, latest_value: latestValue, hostname } };
    } catch (error) {
      server.log.warn({ err: error }, 'could not read the ledger');
      return {
        fault: { status: 503, code: 'ledger_unavailable', detail: 'The ledger did not answer in time. Try again.' },
      };
    }
  });
