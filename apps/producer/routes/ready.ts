import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { addRoute, type AnswerOf } from '../route.ts';

export type ReadyParts = {
  readonly hostname: string;
  /** Whether the queue takes counts, is full, or cannot be reached. */
  readonly readQueueReadiness: () => Promise<'up' | 'full' | 'down'>;
  readonly isLedgerUp: () => Promise<boolean>;
};

/** A producer is ready while it can take counts: the ledger may be away for as long as the queue holds them. */
export const addReady = (server: FastifyInstance, { hostname, readQueueReadiness, isLedgerUp }: ReadyParts): void =>
  addRoute(server, routes.ready, async (): Promise<AnswerOf<typeof routes.ready>> => {
    const [queue, isLedgerReady] = await Promise.all([readQueueReadiness(), isLedgerUp()]);
    const parts = { queue, ledger: isLedgerReady ? ('up' as const) : ('down' as const), hostname };
    return queue === 'up'
      ? { status: 200, body: { status: 'ready', ...parts } }
      : { status: 503, body: { status: 'not ready', ...parts } };
  });
