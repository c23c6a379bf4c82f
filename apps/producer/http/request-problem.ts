import type { FastifyError } from 'fastify';
import { ProblemError, type ProblemContent } from './problem-answer.ts';

type Violation = NonNullable<FastifyError['validation']>[number];
type Place = NonNullable<FastifyError['validationContext']>;

const longestNameShown = 64;

/**
 * Returns the problem of a request that Fastify or a parser refused, or `undefined` if the server
 * is at fault. `rawHeaders` holds the names and values of the request's headers.
 */
export const problemOfRequest = (
  error: FastifyError | ProblemError,
  rawHeaders: readonly string[],
): ProblemContent | undefined => {
  if (error instanceof ProblemError) return error.problem;
  if (error.validation !== undefined) {
    const place = error.validationContext ?? 'body';
    const errors = error.validation.map((violation) => locate(place, violation, rawHeaders));
    const detail = `The ${nameOf(place)} invalid: ${errors.map(({ pointer, detail: problem }) => `${pointer} ${problem}`).join('; ')}.`;
    return { status: 400, code: 'invalid_request', detail, errors };
  }
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return {
        status: 413,
        code: 'body_too_large',
        detail: 'The body is larger than 1 MiB (1,048,576 bytes). Send its counts in several requests.',
      };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return {
        status: 415,
        code: 'unsupported_media_type',
        detail:
          'The body must be JSON, with Content-Type: application/json. POST /counts also takes application/x-ndjson.',
      };
    case 'FST_ERR_NOT_FOUND':
      return {
        status: 400,
        code: 'invalid_request',
        detail: 'This is not an HTTP/1.1 request with a known method.',
      };
    default:
      // Other errors of the client are bodies that broke off or differ from their declared length.
      return isClientError(error) ? { status: 400, code: 'invalid_request', detail: `${error.message}.` } : undefined;
  }
};

/** Formats a JSON pointer as a URI fragment (RFC 6901 §6). Truncates names that clients chose. */
const pointerTo = (path: string, member?: unknown): string => {
  if (typeof member !== 'string') return `#${path}`;
  return `#${path}/${encodeURIComponent(cutShort(member).replaceAll('~', '~0').replaceAll('/', '~1'))}`;
};

const cutShort = (name: string): string => name.slice(0, longestNameShown).toWellFormed();

const isClientError = ({ statusCode }: FastifyError): boolean =>
  statusCode !== undefined && statusCode >= 400 && statusCode < 500;

const nameOf = (place: Place): string => {
  switch (place) {
    case 'querystring':
      return 'query is';
    case 'headers':
      return 'headers are';
    default:
      return 'body is';
  }
};

const locate = (
  place: Place,
  violation: Violation,
  rawHeaders: readonly string[],
): { pointer: string; detail: string } => {
  if (place === 'body') return problemInBody(violation);
  if (place === 'headers') return problemInKey(rawHeaders);
  return problemInQuery(violation);
};

/**
 * Returns the problem of the `Idempotency-Key`, the only header of the contract. Node joins several
 * into one value.
 */
const problemInKey = (rawHeaders: readonly string[]) => {
  const names = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'idempotency-key');
  const detail =
    names.length > 1 ? 'occurs more than once' : 'must be 1 to 255 printable ASCII characters without spaces';
  return { pointer: 'header:Idempotency-Key', detail };
};

const problemInQuery = ({ instancePath, keyword, params }: Violation) => {
  const name = instancePath.slice(1);
  if (keyword === 'additionalProperties') {
    const unknown = encodeURIComponent(cutShort(String(params['additionalProperty'])));
    return { pointer: `query:${unknown}`, detail: 'is unknown' };
  }
  if (keyword === 'type') return { pointer: `query:${name}`, detail: 'occurs more than once' };
  const detail =
    name === 'limit'
      ? 'must be an integer from 1 to 1000'
      : 'must be an id of up to 20 digits: the `next` of another page';
  return { pointer: `query:${name}`, detail };
};

const problemInBody = ({ instancePath, keyword, params, message }: Violation): { pointer: string; detail: string } => {
  switch (keyword) {
    case 'additionalProperties':
      return { pointer: pointerTo(instancePath, params['additionalProperty']), detail: 'is unknown' };
    case 'required':
      return { pointer: pointerTo(instancePath, params['missingProperty']), detail: 'is missing' };
    case 'minimum':
    case 'maximum':
    case 'type':
      return { pointer: pointerTo(instancePath), detail: `must be ${nounOf(params['type'])}` };
    case 'minItems':
      return { pointer: pointerTo(instancePath), detail: 'must have a count' };
    case 'maxItems':
      return { pointer: pointerTo(instancePath), detail: `must have at most ${String(params['limit'])} counts` };
    default:
      return { pointer: pointerTo(instancePath), detail: message ?? 'is invalid' };
  }
};

const nounOf = (type: unknown): string => {
  switch (type) {
    case 'object':
      return 'an object';
    case 'array':
      return 'a list of counts';
    default:
      return 'an integer within ±9007199254740991';
  }
};
