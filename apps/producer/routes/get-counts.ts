import { routes } from '@sluice/contract/routes.ts';
import type { Page, PageQuery } from '@sluice/ledger/read-page.ts';
import type { FastifyInstance } from 'fastify';
import type * as z from 'zod';
import { problemOfLedgerRead, tooManyReads } from '../http/unavailable.ts';
import type { BodyLimits } from '../body/collect-body.ts';
import { createReadQueue, TooManyReadsError } from '../reads/read-queue.ts';
import type { ProblemContent } from '../http/problem-answer.ts';
import { addRoute, type AnswerOf } from '../http/route.ts';

type PageBody = z.input<(typeof routes.getCounts.answers)[200]['body']>;

export type GetCountsDependencies = {
  /** Reads a page of recorded counts. Throws when the database is unavailable. */
  readonly readPage: (page: PageQuery) => Promise<Page>;
};

// A page of 1,000 counts blocks the event loop for some milliseconds.
const maxRunning = 2;
const maxWaiting = 64;
// Together with the read itself, below the 2 s within which every request is answered.
const maxWaitMs = 800;
// Smaller pages do not count as held memory: there is at most one per connection.
const freeLength = 16_384;

export const addGetCounts = (
  server: FastifyInstance,
  { readPage }: GetCountsDependencies,
  { clientOf, memory }: BodyLimits,
): void => {
  const pages = createReadQueue<string>({ maxRunning, maxWaiting, maxWaitMs });

  addRoute(server, routes.getCounts, async ({ query, raw, answer }): Promise<AnswerOf<typeof routes.getCounts>> => {
    // Validated already. This adds the default.
    const { limit, before, after } = routes.getCounts.query.parse(query);
    if (before !== undefined && after !== undefined) return { problem: twoBounds };
    try {
      const read = async () => toJson(await readPage({ limit: Number(limit), before, after }));
      const json = await pages.run(clientOf(raw), [limit, before, after].join(' '), read);
      if (json.length > freeLength) {
        // Held until the client has read it, which may never happen.
        const share = memory.take(clientOf(raw), json.length, () => raw.socket.destroy());
        answer?.once('close', share.release);
      }
      return { status: 200, json };
    } catch (error) {
      if (error instanceof TooManyReadsError) return { problem: tooManyReads };
      return problemOfLedgerRead(error, server.warn);
    }
  });
};

const twoBounds: ProblemContent = {
  status: 400,
  code: 'invalid_request',
  detail: 'The query is invalid: query:after must not be combined with `before`.',
  errors: [{ pointer: 'query:after', detail: 'must not be combined with `before`' }],
};

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
