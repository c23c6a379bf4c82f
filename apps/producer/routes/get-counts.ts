import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import type * as z from 'zod';
import { ledgerAway, tooManyReads } from '../away.ts';
import type { BodyLimits } from '../collect-body.ts';
import { createReadQueue, TooManyReadsError } from '../limits/read-queue.ts';
import { addRoute, type AnswerOf } from '../route.ts';

type RecordedCount = { readonly id: string; readonly value: number; readonly recordedAt: Date };

type PageBody = z.input<(typeof routes.getCounts.answers)[200]['body']>;

type Page = { readonly counts: readonly RecordedCount[]; readonly next: string | undefined };

export type GetCountsParts = {
  /**
   * Up to `limit` recorded counts with the highest ids, below `before` where it is given (both decimal). `next` is the `before` of the
   * next page. Throws when the ledger is away.
   */
  readonly readPage: (page: { readonly limit: number; readonly before: string | undefined }) => Promise<Page>;
};

// A page of 1,000 counts takes some milliseconds of this process, in which nobody else is served.
const maxRunning = 2;
const maxWaiting = 64;
// With the read itself, below the 2 s in which everything is answered.
const maxWaitMs = 800;
// Smaller pages do not count as held memory: there are no more of them than connections.
const freeLength = 16_384;

export const addGetCounts = (
  server: FastifyInstance,
  { readPage }: GetCountsParts,
  { clientOf, memory }: BodyLimits,
): void => {
  const pages = createReadQueue<string>({ maxRunning, maxWaiting, maxWaitMs });

  addRoute(server, routes.getCounts, async ({ query, raw, answer }): Promise<AnswerOf<typeof routes.getCounts>> => {
    // Checked already; this adds the default.
    const { limit, before } = routes.getCounts.query.parse(query);
    try {
      const read = async () => toJson(await readPage({ limit: Number(limit), before }));
      const json = await pages.run(clientOf(raw), `${limit} ${before ?? ''}`, read);
      if (json.length > freeLength) {
        // Kept until the client has read it, which it may never do.
        const share = memory.take(clientOf(raw), json.length, () => raw.socket.destroy());
        answer?.once('close', share.release);
      }
      return { status: 200, json };
    } catch (error) {
      if (error instanceof TooManyReadsError) return { fault: tooManyReads };
      server.warn({ err: error }, 'could not read the ledger');
      return { fault: ledgerAway };
    }
  });
};

/** The page as the contract has it. Serialized once for all that share it. */
const toJson = ({ counts, next }: Page): string =>
  JSON.stringify({
    counts: counts.map(({ id, value, recordedAt }) => ({ id, value, recorded_at: recordedAt.toISOString() })),
    next: next ?? null,
  } satisfies PageBody);
