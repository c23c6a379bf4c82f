import { METHODS } from 'node:http';
import { methodsOf } from './contract.ts';
import { readCounts, readLines, readOneCount } from './read-numbers.ts';
import { headerValues, writeHead, type FuzzRequest } from './requests/request.ts';
import { readJsonRows, readRowLines, type Reading } from './rows/read-rows.ts';

/** The correct outcomes of a request according to the contract. */
export type Judgement = {
  /** The allowed statuses: one for each error of the request, in any order of checks. */
  readonly statuses: readonly number[];
  /** True if this is not a valid HTTP request, so its answer need not match its route. */
  readonly isNoHttp: boolean;
  /** The counts or rows that a 201 acknowledges. */
  readonly items: readonly string[];
  /** The idempotency key, with the table that it belongs to. */
  readonly key: string | undefined;
  /** The faults of a body that has the only faults of the request. */
  readonly faults?: Exclude<Reading, { readonly items: readonly string[] }>;
};

/** The token that every request needs. */
export const token = 'open-sesame-open-sesame-open-sesame';

const maxBodyBytes = (path: string): number => (path === '/count' ? 4_096 : 1_048_576);
const maxHeadBytes = 16_384;

/**
 * Computes the correct outcomes from the contract and HTTP (RFC 9110, 9112), without code of the
 * producer.
 */
export const evaluate = (request: FuzzRequest): Judgement => {
  const none = { items: [], key: undefined };
  const ofHttp = findHttpFaults(request);
  if (ofHttp.length > 0) return { ...none, statuses: ofHttp, isNoHttp: true };

  const { method, target } = request;
  if (method === 'OPTIONS' && target === '*') return { ...none, statuses: [204], isNoHttp: false };
  const path = pathOf(target);
  // A malformed percent-encoding is a bad URL (400) if the router decodes it, else an unknown path.
  if (path === undefined) return { ...none, statuses: [400, 404], isNoHttp: true };
  const methods = methodsOf(path);
  if (methods === undefined) return { ...none, statuses: [404], isNoHttp: false };
  if (method === 'OPTIONS') return { ...none, statuses: [204], isNoHttp: false };
  if (!methods.includes(method)) return { ...none, statuses: [405], isNoHttp: false };
  return method === 'POST' ? judgePost(request, path) : { ...none, statuses: judgeGet(target, path), isNoHttp: false };
};

/**
 * Returns the decoded path of a target in origin-form or absolute-form, or `undefined` when its
 * percent-encoding is malformed.
 */
export const pathOf = (target: string): string | undefined => {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/, '');
  try {
    // An encoded slash is part of a segment (RFC 3986 §2.2).
    return decodeURIComponent(path.replaceAll(/%2f/gi, '%252f'));
  } catch {
    return undefined;
  }
};

const findHttpFaults = (request: FuzzRequest): number[] => {
  const { method, target, version, headers } = request;
  const faults: number[] = [];
  if (writeHead(request).length > maxHeadBytes) faults.push(431);
  const hosts = headerValues(request, 'host');
  const codings = headerValues(request, 'transfer-encoding');
  const isBad =
    !METHODS.includes(method) ||
    (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') ||
    !/^(?:\/|\*$|[a-z]+:\/\/(?![/?#]|$))[\x21-\x7e]*$/i.test(target) ||
    headers.some(([name, value]) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) ||
    hosts.length > 1 ||
    (hosts.length === 0 && version === 'HTTP/1.1') ||
    hosts.some((host) => !/^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i.test(host)) ||
    headerValues(request, 'content-type').length > 1 ||
    headerValues(request, 'authorization').length > 1 ||
    codings.length > 0 ||
    (request.framing.kind === 'chunks' && version === 'HTTP/1.0');
  if (isBad) faults.push(400);
  return faults;
};

const judgeGet = (target: string, path: string): number[] => {
  if (path !== '/counts' && tableOf(path) === undefined) return [200];
  // Requests have no fragment (RFC 9112 §3.2), so a server may treat it as part of the query.
  if (target.includes('#')) return [200, 400];
  return [isPage(target) ? 200 : 400];
};

/** Returns the table whose rows this path has. */
const tableOf = (path: string): string | undefined => /^\/tables\/(\w+)\/rows$/.exec(path)?.[1];

/** Returns true if the query of a page is valid. */
const isPage = (target: string): boolean => {
  const query = new URLSearchParams(/\?([^#]*)/.exec(target)?.[1] ?? '');
  const names = [...query.keys()];
  return (
    new Set(names).size === names.length &&
    names.every((name) => name === 'limit' || name === 'before' || name === 'after') &&
    !(names.includes('before') && names.includes('after')) &&
    /^(?:[1-9]\d{0,2}|1000)$/.test(query.get('limit') ?? '1') &&
    /^\d{1,20}$/.test(query.get('before') ?? query.get('after') ?? '1')
  );
};

const judgePost = (request: FuzzRequest, path: string): Judgement => {
  const { body, framing } = request;
  const faults: number[] = [];
  if (!headerValues(request, 'authorization').some((value) => isToken(value))) faults.push(401);
  if (body.length > maxBodyBytes(path)) faults.push(413);
  const keys = headerValues(request, 'idempotency-key');
  const key = keys.join(', ');
  if (keys.length > 0 && !/^[\x21-\x7e]{1,255}$/.test(key)) faults.push(400);
  const codings = headerValues(request, 'content-encoding');
  if (codings.length > 0 && codings.join().toLowerCase() !== 'identity') faults.push(415);
  const type = headerValues(request, 'content-type')[0];
  const read = readerOf(path, type);
  // Without a type, the producer checks for an empty body first.
  if (read === undefined) faults.push(...(type === undefined ? [400, 415] : [415]));
  const reading = framing.kind === 'none' ? {} : read?.(body);
  const own = reading !== undefined && !('items' in reading) ? reading : undefined;
  return {
    statuses: own === undefined ? (faults.length > 0 ? faults : [201]) : [...faults, 400],
    isNoHttp: false,
    items: faults.length === 0 && reading !== undefined && 'items' in reading ? reading.items : [],
    key: keys.length > 0 ? [tableOf(path) ?? [], key].flat().join(' ') : undefined,
    ...(own === undefined || faults.length > 0 ? {} : { faults: own }),
  };
};

const isToken = (authorization: string): boolean => {
  const [scheme = '', ...rest] = authorization.split(/ +/);
  return scheme.toLowerCase() === 'bearer' && rest.length === 1 && rest[0] === token;
};

const readerOf = (path: string, type: string | undefined) => {
  const [media = '', ...parameters] = (type ?? '').toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  if (charset !== undefined && !/^charset="?(?:utf-8|utf8|us-ascii)"?$/.test(charset)) return undefined;
  const table = tableOf(path);
  switch (media.trim()) {
    case 'application/json':
      if (table !== undefined) return (body: string) => readJsonRows(table, body);
      return ofCounts(path === '/count' ? readOneCount : readCounts);
    case 'application/x-ndjson':
      if (table !== undefined) return (body: string) => readRowLines(table, body);
      return path === '/counts' ? ofCounts(readLines) : undefined;
    default:
      return undefined;
  }
};

const ofCounts =
  (read: (body: string) => number[] | undefined) =>
  (body: string): Reading => {
    const counts = read(body);
    return counts === undefined ? {} : { items: counts.map(String) };
  };
