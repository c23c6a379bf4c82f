import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { addRoute, type AnswerOf } from '../route.ts';

export type ReadyParts = {
  readonly hostname: string;
  readonly isQueueUp: () => Promise<boolean>;
  readonly isLedgerUp: () => Promise<boolean>;
};

/** Ready is who can take counts: the ledger may be away for as long as the queue holds them. */
export const addReady = (server: FastifyInstance, { hostname, isQueueUp, isLedgerUp }: ReadyParts): void =>
  addRoute(server, routes.ready, async (): Promise<AnswerOf<typeof routes.ready>> => {
    const [isQueueReady, isLedgerReady] = await Promise.all([isQueueUp(), isLedgerUp()]);
    const parts = { queue: upOrDown(isQueueReady), ledger: upOrDown(isLedgerReady), hostname };
    return isQueueReady
      ? { status: 200, body: { status: 'ready', ...parts } }
      : { status: 503, body: { status: 'not ready', ...parts } };
  });

const upOrDown = (isUp: boolean): 'up' | 'down' => (isUp ? 'up' : 'down');
