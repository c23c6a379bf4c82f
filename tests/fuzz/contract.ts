import { createOpenapi } from '@sluice/contract/openapi.ts';
import { problem, problemMediaType } from '@sluice/contract/problem.ts';
import { routes, type Route } from '@sluice/contract/routes.ts';
import { tableRoutesOf } from '@sluice/contract/table-routes.ts';
import { readTables } from '@sluice/table/read-tables.ts';
import { tables as declarations } from '@sluice/test-servers/tables.ts';
import * as z from 'zod/mini';
import type { Answer } from './requests/wire.ts';

const tables = readTables(declarations);
const document = createOpenapi(tables);
const allRoutes: readonly Route[] = [
  ...Object.values(routes),
  ...tables.flatMap((table) => Object.values(tableRoutesOf(table))),
];
const strictProblem = z.strictObject(problem.shape);

/** Returns the methods of a path without OPTIONS, or `undefined` when the path does not exist. */
export const methodsOf = (path: string): readonly string[] | undefined => {
  const operations = Object.hasOwn(document.paths, path) ? document.paths[path] : undefined;
  if (operations === undefined) return undefined;
  const methods = Object.keys(operations).map((method) => method.toUpperCase());
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods;
};

const ofNoHttp = new Set([400, 405, 408, 431]);
const ofNoRoute = new Set([204, 404, 405]);

/**
 * Describes how an answer violates the OpenAPI document for this method and path, or returns
 * `undefined`. A `path` of `undefined` is an unknown one. `isNoHttp`: the request is not valid
 * HTTP, or may not be.
 */
export const findBreach = (
  { method, path, isNoHttp }: { method: string; path: string | undefined; isNoHttp: boolean },
  answer: Answer,
): string | undefined => {
  const { status } = answer;
  if (answer.headers.get('access-control-allow-origin') !== '*') return 'pages of other origins cannot read it';
  const asked = method === 'HEAD' ? 'GET' : method;
  const operation = path === undefined ? undefined : document.paths[path]?.[asked.toLowerCase()];
  const isOfRoute = operation?.responses[status] !== undefined;
  if (!isOfRoute && !(isNoHttp && ofNoHttp.has(status)) && !(operation === undefined && ofNoRoute.has(status))) {
    return `${status} is no answer of ${method} ${path ?? '(no path)'}`;
  }
  if (status === 405 && answer.headers.get('allow') === undefined) return 'it does not say what is allowed';
  if (status === 503 && !/^[1-9]\d*$/.test(answer.headers.get('retry-after') ?? '')) return 'it has no Retry-After';
  if (method === 'HEAD') return undefined;
  if (status >= 400 && !(path === '/ready' && isOfRoute)) return findProblemBreach(answer);
  return isOfRoute && path !== undefined ? findBodyBreach(asked, path, answer) : undefined;
};

const findProblemBreach = ({ status, headers, body }: Answer): string | undefined => {
  const type = headers.get('content-type');
  if (type !== problemMediaType && type !== `${problemMediaType}; charset=utf-8`) return `its type is ${String(type)}`;
  const parsed = strictProblem.safeParse(parseJson(body));
  if (!parsed.success) return `it is no problem document: ${parsed.error.message}`;
  return parsed.data.status === status ? undefined : 'the document has another status';
};

const findBodyBreach = (method: string, path: string, { status, headers, body }: Answer): string | undefined => {
  const route = allRoutes.find((its) => its.method === method && its.path === path);
  const described = route?.answers[status];
  if (described?.body === undefined) return body === '' ? undefined : 'it has a body';
  const { mediaType = 'application/json' } = described;
  if (headers.get('content-type')?.startsWith(mediaType) !== true) return `its type is not ${mediaType}`;
  if (described.mediaType !== undefined) return undefined;
  const parsed = described.body.safeParse(parseJson(body));
  return parsed.success ? undefined : parsed.error.message;
};

/** Returns the places that a problem names. */
export const placesOf = ({ body }: Answer): string[] =>
  strictProblem.parse(parseJson(body)).errors?.map(({ pointer }) => pointer) ?? [];

/** Parses JSON. Returns `undefined` for invalid JSON, which no schema accepts. */
const parseJson = (body: string): unknown => {
  try {
    return JSON.parse(Buffer.from(body, 'latin1').toString());
  } catch {
    return undefined;
  }
};
