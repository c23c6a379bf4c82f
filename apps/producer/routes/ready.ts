import type { Finding } from '@sluice/contract/finding.ts';
import { routes } from '@sluice/contract/routes.ts';
import type { QueueReadiness } from '@sluice/queue/admin/readiness.ts';
import type { FastifyInstance } from 'fastify';
import { addRoute, type AnswerOf } from '../http/route.ts';

export type ReadyDependencies = {
  readonly hostname: string;
  readonly readQueueReadiness: () => Promise<QueueReadiness>;
  /** Returns the findings of the server check. */
  readonly readFindings: () => readonly Finding[];
  readonly isLedgerUp: () => Promise<boolean>;
};

/**
 * Adds the readiness check. A producer is ready while it can accept counts. The database may be
 * unavailable for as long as the queue has room.
 */
export const addReady = (
  server: FastifyInstance,
  { hostname, readQueueReadiness, readFindings, isLedgerUp }: ReadyDependencies,
): void =>
  addRoute(server, routes.ready, async (): Promise<AnswerOf<typeof routes.ready>> => {
    const [state, isLedgerReady] = await Promise.all([readQueueReadiness(), isLedgerUp()]);
    const findings = [...readFindings()];
    const queue = findings.some(({ severity }) => severity === 'refused') ? ('unsafe' as const) : state;
    const parts = { queue, ledger: isLedgerReady ? ('up' as const) : ('down' as const), findings, hostname };
    return queue === 'up'
      ? { status: 200, body: { status: 'ready', ...parts } }
      : { status: 503, body: { status: 'not ready', ...parts } };
  });
