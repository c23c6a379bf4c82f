import { pageQuery } from '@sluice/contract/route-parts.ts';
import type { PageQuery } from '@sluice/ledger/read-page.ts';
import type { Warn } from '@sluice/runtime/logging/sample-warnings.ts';
import type { FastifyRequest } from 'fastify';
import type { BodyLimits } from '../body/collect-body.ts';
import type { ProblemContent } from '../http/problem-answer.ts';
import { problemOfLedgerRead, tooManyReads } from '../http/unavailable.ts';
import { createReadQueue, TooManyReadsError } from '../reads/read-queue.ts';

/** Answers a request for a page of counts or of rows. */
export type PageServer = ReturnType<typeof createPageServer>;

// A page of 1,000 counts blocks the event loop for some milliseconds.
const maxRunning = 2;
const maxWaiting = 64;
// Together with the read itself, below the 2 s within which every request is answered.
const maxWaitMs = 800;
// Smaller pages do not count as held memory: there is at most one per connection.
const freeLength = 16_384;

/**
 * Creates the function that answers requests for pages. A few reads run at a time, of all tables
 * together. Equal requests share a read.
 */
export const createPageServer = ({ clientOf, memory }: BodyLimits, warn: Warn) => {
  const pages = createReadQueue<string>({ maxRunning, maxWaiting, maxWaitMs });

  /** `read` returns the page of the table `name` as JSON. */
  return async (
    { query, raw, answer }: Pick<FastifyRequest, 'query' | 'raw' | 'answer'>,
    name: string,
    read: (page: PageQuery) => Promise<string>,
  ): Promise<{ readonly status: 200; readonly json: string } | { readonly problem: ProblemContent }> => {
    // Validated already. This adds the default.
    const { limit, before, after } = pageQuery.parse(query);
    if (before !== undefined && after !== undefined) return { problem: twoBounds };
    try {
      const key = [name, limit, before, after].join(' ');
      const json = await pages.run(clientOf(raw), key, () => read({ limit: Number(limit), before, after }));
      if (json.length > freeLength) {
        // Held until the client has read it, which may never happen.
        const share = memory.take(clientOf(raw), json.length, () => raw.socket.destroy());
        answer?.once('close', share.release);
      }
      return { status: 200, json };
    } catch (error) {
      if (error instanceof TooManyReadsError) return { problem: tooManyReads };
      return problemOfLedgerRead(error, warn);
    }
  };
};

const twoBounds: ProblemContent = {
  status: 400,
  code: 'invalid_request',
  detail: 'The query is invalid: query:after must not be combined with `before`.',
  errors: [{ pointer: 'query:after', detail: 'must not be combined with `before`' }],
};
