import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { parseJson } from '@sluice/contract/parse-json.ts';
import { maxBodyBytes, ndjsonMediaType } from '@sluice/contract/routes.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { collectBody, freeBytes, type BodyLimits, type CollectSettings } from './collect-body.ts';
import { findCostlyJson } from './find-costly-json.ts';
import { findRepeatedName, fragmentOf } from './find-repeated-name.ts';
import { parseNdjson } from './parse-ndjson.ts';
import { parseJsonRows, parseNdjsonRows, type ParsedRows } from './parse-rows.ts';
import { ProblemError, type ProblemContent } from '../http/problem-answer.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    maxBodyBytes?: number;
  }
}

const jsonMediaType = 'application/json';

/** Makes JSON the only kind of body that the server accepts. */
export const takeJson = (server: FastifyInstance, limits: BodyLimits): void => {
  server.removeAllContentTypeParsers();
  takeBodies(server, { ...limits, findProblem: findCostlyJson }, jsonMediaType, parseBody);
};

/**
 * Makes the routes of `scope` accept NDJSON too. Handlers see it as the JSON body `{"counts":[…]}`.
 */
export const takeNdjson = (scope: FastifyInstance, limits: BodyLimits): void =>
  takeBodies(scope, limits, ndjsonMediaType, (text) => {
    const parsed = parseNdjson(text);
    return 'counts' in parsed ? { value: parsed } : { problem: problemInLine(parsed) };
  });

/** Makes the routes of `scope` accept rows, as JSON and as NDJSON. Handlers see the checked rows. */
export const takeRows = (
  scope: FastifyInstance,
  limits: BodyLimits,
  check: Parameters<typeof parseJsonRows>[1],
): void => {
  scope.removeAllContentTypeParsers();
  const settings = { ...limits, noun: 'rows' } as const;
  takeBodies(scope, settings, jsonMediaType, (text) => valueOf(parseJsonRows(text, check)));
  takeBodies(scope, settings, ndjsonMediaType, (text) => valueOf(parseNdjsonRows(text, check)));
  scope.addContentTypeParser('*', (_request, _payload, done) => done(new ProblemError(otherMediaType)));
};

const otherMediaType: ProblemContent = {
  status: 415,
  code: 'unsupported_media_type',
  detail: `The body must be JSON, with Content-Type: ${jsonMediaType}, or a row a line, with ${ndjsonMediaType}.`,
};

/** Returns rows as the body that handlers see. */
const valueOf = (parsed: ParsedRows): Parsed => ('rows' in parsed ? { value: parsed.rows } : parsed);

type BodyDone = (error: Error | null, body?: unknown) => void;
type Parsed = { readonly value: unknown } | { readonly problem: ProblemContent };

// Counts have no text. In a row, another text than that sent would be recorded.
const notUtf8: Parsed = {
  problem: { status: 400, code: 'invalid_json', detail: 'The body is not UTF-8.' },
};

const takeBodies = (
  scope: FastifyInstance,
  settings: CollectSettings,
  mediaType: string,
  parse: (text: string) => Parsed,
): void => {
  const takeTurn = createTurns();
  const finish = (bytes: Buffer, done: BodyDone) => {
    const parsed = settings.noun === 'rows' && !isUtf8(bytes) ? notUtf8 : parse(withoutMark(bytes.toString('utf8')));
    if ('problem' in parsed) done(new ProblemError(parsed.problem));
    else done(null, parsed.value);
  };
  scope.addContentTypeParser(mediaType, (request: FastifyRequest, _payload: IncomingMessage, done) => {
    const problem = problemInHeaders(request);
    if (problem !== undefined) return done(new ProblemError(problem));
    const { maxBodyBytes: maxBytes = maxBodyBytes } = request.routeOptions.config;
    return collectBody(request, settings, maxBytes, (body) => {
      if ('problem' in body) done(new ProblemError(body.problem));
      else if (body.bytes.length <= freeBytes) finish(body.bytes, done);
      else void takeTurn().then(() => finish(body.bytes, done));
    });
  });
};

/**
 * Makes large bodies take turns. The event loop parses one per turn and serves others in between.
 */
const createTurns = (): (() => Promise<void>) => {
  let last = Promise.resolve();
  return () => (last = last.then(() => turn()));
};

const parseBody = (text: string): Parsed => {
  const costly = text.length > freeBytes ? findCostlyJson(text) : undefined;
  if (costly !== undefined) return { problem: costly };
  let value: unknown;
  try {
    // Fastify's own parser drops or refuses `__proto__`. Here it is an unknown name like any other.
    value = parseJson(text);
  } catch {
    return { problem: { status: 400, code: 'invalid_json', detail: 'The body is not valid JSON.' } };
  }
  // A body of one member has two quotation marks. Every valid body has one member, and no objects
  // within it.
  const repeated = hasThirdQuotationMark(text) ? findRepeatedName(text, 1) : undefined;
  return repeated === undefined ? { value } : { problem: repeatedMember(fragmentOf(repeated)) };
};

/**
 * Returns the problem of a body that cannot be read as declared. Bodies are UTF-8 (RFC 8259 §8.1)
 * and not compressed.
 */
const problemInHeaders = ({ headers }: FastifyRequest): ProblemContent | undefined => {
  const type = headers['content-type'];
  if (type !== jsonMediaType && type !== undefined) {
    const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1]?.toLowerCase();
    if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
      return { status: 415, code: 'unsupported_media_type', detail: 'The body must be UTF-8.' };
    }
  }
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return undefined;
  return {
    status: 415,
    code: 'unsupported_media_type',
    detail: 'The body must not be compressed. Remove the Content-Encoding header.',
  };
};

/** Removes a byte order mark (RFC 8259 §8.1 allows that). Some editors and shells write one. */
const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

const hasThirdQuotationMark = (text: string): boolean => {
  const second = text.indexOf('"', text.indexOf('"') + 1);
  return second !== -1 && text.includes('"', second + 1);
};

const repeatedMember = (pointer: string): ProblemContent => {
  const detail = 'occurs more than once';
  return {
    status: 400,
    code: 'invalid_request',
    detail: `The body is invalid: ${pointer} ${detail}.`,
    errors: [{ pointer, detail }],
  };
};

const problemInLine = ({ line, detail }: { readonly line: number; readonly detail: string }): ProblemContent => ({
  status: 400,
  code: 'invalid_request',
  detail: `The body is invalid: line ${line} ${detail}.`,
  errors: [{ pointer: `line:${line}`, detail }],
});
