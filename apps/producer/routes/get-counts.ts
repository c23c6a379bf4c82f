import { routes } from '@sluice/contract/routes.ts';
import type { Page, PageQuery } from '@sluice/ledger/read-page.ts';
import type { FastifyInstance } from 'fastify';
import type * as z from 'zod';
import { addRoute } from '../http/route.ts';
import type { PageServer } from './serve-page.ts';

type PageBody = z.input<(typeof routes.getCounts.answers)[200]['body']>;

export type GetCountsDependencies = {
  /** Reads a page of recorded counts. Throws when the database is unavailable. */
  readonly readPage: (page: PageQuery) => Promise<Page>;
};

export const addGetCounts = (
  server: FastifyInstance,
  { readPage }: GetCountsDependencies,
  servePage: PageServer,
): void =>
  addRoute(server, routes.getCounts, (request) =>
    servePage(request, 'count', async (page) => toJson(await readPage(page))),
  );

/** Serializes a page as the contract defines it, once for all requests that share it. */
const toJson = ({ counts, next }: Page): string =>
  JSON.stringify({
    counts: counts.map(({ id, value, recordedAt }) => ({
      id,
      value,
      recorded_at: recordedAt?.toISOString() ?? null,
    })),
    next: next ?? null,
  } satisfies PageBody);
