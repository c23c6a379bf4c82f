import type { JsonSchema } from '@sluice/table/json-schema.ts';
import { rowSchemaOf, type Table } from '@sluice/table/table.ts';
import * as z from 'zod/mini';
import { queueState, recordId } from './bodies.ts';
import {
  idempotencyHeaders,
  pageQuery,
  queueUnavailable,
  readUnauthorized,
  refusals,
  tableUnavailable,
} from './route-parts.ts';
import { maxCountsPerRequest, type Route } from './routes.ts';
import { rowsAccepted, rowsPageOf, tablePathsOf, tableTotalOf } from './table-bodies.ts';

/** Maximum number of rows in one request. */
export const maxRowsPerRequest = maxCountsPerRequest;

/** The routes of one table. */
export type TableRoutes = ReturnType<typeof tableRoutesOf>;

/** Creates the routes of a table. Each table has paths, schemas and an example of its own. */
export const tableRoutesOf = (table: Table, example?: JsonSchema) => {
  const { name, columns } = table;
  const row = { ...rowSchemaOf(table), ...(example === undefined ? {} : { examples: [example] }) };
  const recorded = ofJson(recordedRowSchema(table));
  const paths = tablePathsOf(name);
  return {
    postRows: {
      method: 'POST',
      path: paths.rows,
      summary: `Adds up to 10,000 rows of ${name} to the queue, all or none: one as an object, several as a list or as NDJSON (one per line)`,
      headers: idempotencyHeaders,
      body: ofJson({ anyOf: [row, { type: 'array', items: row, minItems: 1, maxItems: maxRowsPerRequest }] }),
      line: ofJson(row),
      isBodyChecked: true,
      needsToken: 'writes',
      answers: {
        201: {
          description: 'The queue holds the rows; each will be recorded exactly once.',
          body: rowsAccepted,
        },
        ...refusals,
      },
    },
    getTable: {
      method: 'GET',
      path: paths.table,
      summary: `Returns the number of recorded rows of ${name}, and the row with the highest id`,
      needsToken: 'all',
      answers: {
        200: {
          description: 'The total when the request arrived, or later.',
          body: tableTotalOf(z.literal(name), recorded),
        },
        401: readUnauthorized,
        503: tableUnavailable,
      },
    },
    getRows: {
      method: 'GET',
      path: paths.rows,
      summary: `Returns pages of recorded rows of ${name}, highest ids first; ascending with \`after\`, to follow them`,
      needsToken: 'all',
      query: pageQuery,
      answers: {
        200: {
          description: `A page, with the columns ${columns.map((column) => column.name).join(', ')}. A page of large rows has fewer than \`limit\`. With \`after\`, a page may be up to 60 s behind, because MySQL leaves gaps in the ids of rows.`,
          body: rowsPageOf(recorded),
        },
        400: refusals[400],
        401: readUnauthorized,
        503: tableUnavailable,
      },
    },
    getTableQueue: {
      method: 'GET',
      path: paths.queue,
      summary: `Returns the state of the queue of ${name}`,
      needsToken: 'all',
      answers: {
        200: { description: 'The state of all partitions together.', body: queueState },
        401: readUnauthorized,
        503: queueUnavailable,
      },
    },
  } as const satisfies Record<string, Route>;
};

/** Wraps a JSON Schema, so that the contract documents it. It checks nothing. */
const ofJson = (schema: JsonSchema) => z.unknown().with(z.meta(schema));

const recordedRowSchema = ({ columns }: Table): JsonSchema => ({
  type: 'object',
  properties: {
    id: z.toJSONSchema(recordId),
    recorded_at: { type: ['string', 'null'], format: 'date-time', description: 'The time of recording in UTC.' },
    ...Object.fromEntries(
      columns.map(({ name, schema, type }) => [name, { anyOf: [typeOnly(schema, type.kind), { type: 'null' }] }]),
    ),
  },
  required: ['id', 'recorded_at', ...columns.map(({ name }) => name)],
});

/** The type of a recorded value. It may break a rule that was added to the declaration later. */
const typeOnly = ({ type, description }: JsonSchema, kind: string): JsonSchema => ({
  ...(type === undefined || kind === 'json' ? {} : { type }),
  ...(description === undefined ? {} : { description }),
});
