import { tableRoutesOf, type TableRoutes } from '@sluice/contract/table-routes.ts';
import type { PageOf, PageQuery } from '@sluice/ledger/read-page.ts';
import type { RecordedRow, TableTotal } from '@sluice/ledger/rows/read-rows.ts';
import type { Enqueuer } from '@sluice/queue/append/enqueue.ts';
import type { QueueState } from '@sluice/queue/admin/queue-state.ts';
import { createRowCheck } from '@sluice/table/check-row.ts';
import type { Table } from '@sluice/table/table.ts';
import type { FastifyInstance } from 'fastify';
import type { BodyLimits } from '../body/collect-body.ts';
import { noRows } from '../body/parse-rows.ts';
import { takeRows } from '../body/read-body.ts';
import { addRoute, type AnswerOf } from '../http/route.ts';
import { problemOfLedgerRead } from '../http/unavailable.ts';
import { enqueueItems, type EnqueueDependencies } from './enqueue-items.ts';
import type { PageServer } from './serve-page.ts';
import type { ReadKey } from './idempotency-key.ts';
import { answerQueueState } from './get-queue.ts';

/** One table of the producer. */
export type TableService = {
  readonly table: Table;
  readonly enqueue: Enqueuer<string>['enqueue'];
  /** Throws when the database is unavailable, or a TableUnavailableError. */
  readonly readTotal: () => Promise<TableTotal>;
  /** Throws when the database is unavailable, or a TableUnavailableError. */
  readonly readRows: (page: PageQuery) => Promise<PageOf<RecordedRow>>;
  /** Throws when the queue is unavailable. */
  readonly readQueueState: () => Promise<QueueState>;
  /** Called for each acknowledged request, with its rows and the time that the queue took, in ms. */
  readonly onAccepted?: EnqueueDependencies<string>['onAccepted'];
};

type TableRouteDependencies = Pick<EnqueueDependencies<string>, 'hostname' | 'readFindings'> & {
  readonly limits: BodyLimits;
  readonly readKey: ReadKey;
  readonly servePage: PageServer;
};

/** Adds the routes of one table. */
export const addTableRoutes = (
  server: FastifyInstance,
  service: TableService,
  dependencies: TableRouteDependencies,
): void => {
  const { table, enqueue, onAccepted, readTotal, readRows, readQueueState } = service;
  const { hostname, readFindings, limits, readKey, servePage } = dependencies;
  const routes = tableRoutesOf(table);
  // A separate scope, because its bodies are rows.
  server.register(async (scope) => {
    takeRows(scope, limits, createRowCheck(table));
    addRoute(scope, routes.postRows, (request) => {
      const rows = rowsOf(request.body);
      // Without a body and its type, no parser ran.
      if (rows === undefined) return noRows;
      const key = readKey(request);
      return enqueueItems(
        { hostname, enqueue, readFindings, onAccepted },
        rows,
        key === undefined ? undefined : { ...key, table: table.name },
        'rows',
        { status: 201 as const, body: { message: 'Rows added to Redis queue', accepted: rows.length, hostname } },
      );
    });
  });

  addRoute(server, routes.getTable, async (): Promise<AnswerOf<TableRoutes['getTable']>> => {
    try {
      const { rowsCount, latestRow } = await readTotal();
      const body = { table: table.name, rows_count: rowsCount, latest_row: latestRow ?? null, hostname };
      return { status: 200, json: JSON.stringify(body) };
    } catch (error) {
      return problemOfLedgerRead(error, server.warn);
    }
  });

  addRoute(server, routes.getRows, (request) =>
    servePage(request, table.name, async (page) => {
      const { rows, next } = await readRows(page);
      return JSON.stringify({ rows, next: next ?? null });
    }),
  );

  addRoute(server, routes.getTableQueue, () => answerQueueState(readQueueState, server.warn));
};

/** Returns what the parser of the scope made of the body: rows in the form of the queue. */
const rowsOf = (body: unknown): readonly string[] | undefined => (Array.isArray(body) ? body.map(String) : undefined);
