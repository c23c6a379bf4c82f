import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { ledgerAway } from '../away.ts';
import { addRoute, type AnswerOf } from '../route.ts';

type RecordedCount = { readonly id: string; readonly value: number; readonly recordedAt: Date };

export type GetCountsParts = {
  /**
   * Up to `limit` recorded counts with the highest ids, below `before` where it is given (both decimal). `next` is the `before` of the
   * next page. Throws when the ledger is away.
   */
  readonly readPage: (page: {
    readonly limit: number;
    readonly before: string | undefined;
  }) => Promise<{ readonly counts: readonly RecordedCount[]; readonly next: string | undefined }>;
};

export const addGetCounts = (server: FastifyInstance, { readPage }: GetCountsParts): void =>
  addRoute(server, routes.getCounts, async ({ query }): Promise<AnswerOf<typeof routes.getCounts>> => {
    // Checked already; this adds the default.
    const { limit, before } = routes.getCounts.query.parse(query);
    try {
      const page = await readPage({ limit: Number(limit), before });
      const counts = page.counts.map(({ id, value, recordedAt }) => ({
        id,
        value,
        recorded_at: recordedAt.toISOString(),
      }));
      return { status: 200, body: { counts, next: page.next ?? null } };
    } catch (error) {
      server.logger.warn({ err: error }, 'could not read the ledger');
      return { fault: ledgerAway };
    }
  });
