import { exampleOf } from '@sluice/table/example.ts';
import type { Table } from '@sluice/table/table.ts';
import * as z from 'zod/mini';
import { problem, problemMediaType } from './problem.ts';
import { ndjsonMediaType, routes, type Route } from './routes.ts';
import { tableRoutesOf } from './table-routes.ts';

type JsonSchema = Readonly<Record<string, unknown>>;
type MediaTypes = Readonly<Record<string, { readonly schema: JsonSchema }>>;
type Header = { readonly description: string; readonly required: true; readonly schema: JsonSchema };

/** The description of one method of a path. */
export type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'query' | 'header';
    readonly required: boolean;
    readonly description: string;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly required: true; readonly content: MediaTypes };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly headers?: Readonly<Record<string, Header>>;
        readonly content?: MediaTypes;
      }
    >
  >;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
};

/** The contract as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html). */
export type OpenapiDocument = {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  };
};

const description = [
  'Takes counts, and rows of declared tables, holds them in a queue, and records each exactly once.',
  'Every error is a problem document (RFC 9457). Each path with GET also answers HEAD. OPTIONS returns the allowed methods, and other methods get 405 ' +
    'with `Allow`. Unknown paths get 404. A malformed HTTP request gets 400, 408 or 431, a host that is not in `HTTP_ALLOWED_HOSTS` 421, and an internal error 500.',
].join('\n\n');

const problemReference: JsonSchema = { $ref: '#/components/schemas/Problem' };

/** Creates the document of all routes, with those of the given tables. */
export const createOpenapi = (tables: readonly Table[] = []): OpenapiDocument => {
  const paths: Record<string, Record<string, Operation>> = {};
  const add = (operationId: string, route: Route) => {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(operationId, route);
  };
  for (const [operationId, route] of Object.entries(routes)) add(operationId, route);
  for (const table of tables) {
    for (const [operationId, route] of Object.entries(tableRoutesOf(table, exampleOf(table)))) {
      add(`${operationId}_${table.name}`, route);
    }
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Sluice', version: '1', description },
    // Relative to this document, so that it also works behind a path prefix.
    servers: [{ url: '.' }],
    paths,
    components: {
      schemas: { Problem: toSchema(problem) },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'Required by POSTs if the producer has tokens. Also required by the GETs that list it if the producer guards reads ' +
            '(`API_TOKENS_FOR=all`). Otherwise ignored.',
        },
      },
    },
  };
};

const operationOf = (operationId: string, route: Route): Operation => {
  const parameters = [...parametersOf('query', route.query), ...parametersOf('header', route.headers)];
  const { body, line } = route;
  return {
    operationId,
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: toSchema(body) },
              ...(line === undefined ? {} : { [ndjsonMediaType]: { schema: toSchema(line) } }),
            },
          },
        }),
    responses: Object.fromEntries(
      Object.entries(route.answers).map(([status, answer]) => [status, responseOf(status, answer)]),
    ),
    // The empty second entry means no token, for a producer that requires none.
    ...(route.needsToken === undefined ? {} : { security: [{ token: [] }, {}] }),
  };
};

const parametersOf = (place: 'query' | 'header', fields?: z.ZodMiniObject): NonNullable<Operation['parameters']> =>
  Object.entries(fields?.shape ?? {}).map(([name, field]) => {
    if (!(field instanceof z.ZodMiniType)) throw new TypeError(`The ${place} parameter ${name} is no schema`);
    const { description: _description, ...schema } = toSchema(field);
    return {
      name,
      in: place,
      required: !field.safeParse(undefined).success,
      description: z.globalRegistry.get(field)?.description ?? '',
      schema,
    };
  });

const responseOf = (status: string, { description: text, body, mediaType }: Route['answers'][number]) => {
  const headers = headersOf(status, body);
  return {
    description: text,
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined
      ? {}
      : {
          content:
            body === problem
              ? { [problemMediaType]: { schema: problemReference } }
              : { [mediaType ?? 'application/json']: { schema: toSchema(body) } },
        }),
  };
};

const headersOf = (status: string, body?: z.ZodMiniType): Record<string, Header> | undefined => {
  if (status === '503' || status === '429') {
    return { 'Retry-After': header('The time until a retry, in seconds.', { type: 'integer', minimum: 1 }) };
  }
  if (status === '401' && body === problem) {
    return { 'WWW-Authenticate': header('The scheme, `Bearer` (RFC 6750).', { type: 'string' }) };
  }
  return undefined;
};

const header = (text: string, schema: JsonSchema): Header => ({ description: text, required: true, schema });

/**
 * Converts a schema to JSON Schema 2020-12, the dialect of OpenAPI 3.1. Answers too are described
 * as input: a client that checks them must accept fields that a later version adds.
 */
const toSchema = (schema: z.ZodMiniType): JsonSchema => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return rest;
};
