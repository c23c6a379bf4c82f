import type { FastifyError } from 'fastify';
import type { Fault } from './problem-answer.ts';

const longestNameShown = 64;

/** What Fastify refused a request for, or `undefined` when the fault is the server's own. */
export const faultOfRequest = (error: FastifyError): Fault | undefined => {
  if (error.validation !== undefined) {
    const errors = error.validation.map(faultInBody);
    const detail = `The body is at fault: ${errors.map(({ pointer, detail: fault }) => `${pointer} ${fault}`).join('; ')}.`;
    return { status: 400, code: 'invalid_request', detail, errors };
  }
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return { status: 400, code: 'invalid_json', detail: 'The body is not a JSON document.' };
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, code: 'body_too_large', detail: 'The body is larger than 1 MiB (1,048,576 bytes).' };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return {
        status: 415,
        code: 'unsupported_media_type',
        detail: 'The body must be JSON and say so: Content-Type: application/json.',
      };
    default:
      // What is left are requests that broke off or do not keep to HTTP: a body shorter than its length, a bad URL.
      return isFaultOfClient(error) ? { status: 400, code: 'invalid_request', detail: `${error.message}.` } : undefined;
  }
};

/** What Node's HTTP parser refused before there was a request. */
export const faultOfConnection = (error: NodeJS.ErrnoException): Fault => {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, code: 'request_timeout', detail: 'The request did not arrive whole in time.' };
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, code: 'headers_too_large', detail: 'The headers are larger than 16 KiB.' };
    default:
      return { status: 400, code: 'invalid_request', detail: 'This is not an HTTP/1.1 request.' };
  }
};

const isFaultOfClient = ({ statusCode }: FastifyError): boolean =>
  statusCode !== undefined && statusCode >= 400 && statusCode < 500;

const faultInBody = ({
  instancePath,
  keyword,
  params,
  message,
}: NonNullable<FastifyError['validation']>[number]): { pointer: string; detail: string } => {
  switch (keyword) {
    case 'additionalProperties':
      return { pointer: pointerTo(instancePath, params['additionalProperty']), detail: 'is unknown' };
    case 'required':
      return { pointer: pointerTo(instancePath, params['missingProperty']), detail: 'is missing' };
    case 'minimum':
    case 'maximum':
    case 'type':
      return {
        pointer: pointerTo(instancePath),
        detail: params['type'] === 'object' ? 'must be an object' : 'must be an integer within ±9007199254740991',
      };
    default:
      return { pointer: pointerTo(instancePath), detail: message ?? 'is at fault' };
  }
};

/** A JSON pointer as a URI fragment (RFC 6901 §6). Names from outside are cut short. */
const pointerTo = (path: string, member?: unknown): string => {
  if (typeof member !== 'string') return `#${path}`;
  const name = member.slice(0, longestNameShown).replaceAll('~', '~0').replaceAll('/', '~1');
  return `#${path}/${encodeURIComponent(name.toWellFormed())}`;
};
