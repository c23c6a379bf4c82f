// The data that one attacker sends repeatedly: small on the wire and large in the server.

/** The shape of an attack. */
export type Shape = {
  /**
   * The number of connections that are open at once. The attacker replaces a connection that the
   * server closes.
   */
  readonly connections: number;
  /** The bytes that each connection sends, one write per element. */
  readonly writes: readonly Buffer[];
  /** True if the writes are repeated until the attack ends. */
  readonly repeats?: boolean;
  /** True if the attacker reads no answers. */
  readonly isDeaf?: boolean;
};

const host = 'host: x\r\n';
const json = 'content-type: application/json\r\n';
const ndjson = 'content-type: application/x-ndjson\r\n';
const chunked = 'transfer-encoding: chunked\r\n';
const mebibyte = 1_048_576;

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

const post = (path: string, headers: string, body = ''): string =>
  `POST ${path} HTTP/1.1\r\n${host}${headers}\r\n${body}`;

const whole = (path: string, type: string, body: string): Buffer =>
  bytes(post(path, `${type}content-length: ${body.length}\r\n`, body));

/** Encodes a body in chunks of `size` bytes, each with the same extension, and a trailer. */
const inChunks = (body: string, size: number, extension = '', trailer = ''): string => {
  const chunks: string[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.slice(at, at + size);
    chunks.push(`${chunk.length.toString(16)}${extension}\r\n${chunk}\r\n`);
  }
  return `${chunks.join('')}0\r\n${trailer}\r\n`;
};

/** Repeats a request as often as 64 KiB can hold. */
const pipelined = (request: string): Buffer => bytes(request.repeat(Math.floor(65_536 / request.length)));

const get = (path: string, version = '1.1', headers = ''): string =>
  `GET ${path} HTTP/${version}\r\n${host}${headers}\r\n`;

const oneCount = '{"count":1}';
const postOne = post('/count', `${json}content-length: ${oneCount.length}\r\n`, oneCount);
const members = `{${Array.from({ length: 90_000 }, (_, index) => `"${index}":0`).join()}}`.padEnd(mebibyte);
const counts = Array.from({ length: 10_000 }, (_, index) => 10 ** 15 + index);
const manyHeaders = Array.from({ length: 1_900 }, (_, index) => `a${index}:\r\n`)
  .join('')
  .slice(0, 15_000);
const wholeHeaders = manyHeaders.slice(0, manyHeaders.lastIndexOf('\r\n') + 2);

/** Attacks with bodies: many small parts, or expensive to parse. */
const bodies = {
  'JSON in chunks of one byte': {
    connections: 6,
    writes: [bytes(post('/counts', json + chunked, inChunks('{"counts":[1]}'.padEnd(mebibyte), 1)))],
    repeats: true,
  },
  'NDJSON in chunks of one byte': {
    connections: 6,
    writes: [bytes(post('/counts', ndjson + chunked, inChunks('1\n'.padEnd(mebibyte), 1)))],
    repeats: true,
  },
  'chunks with extensions and trailers': {
    connections: 20,
    writes: [
      bytes(
        post(
          '/counts',
          json + chunked,
          inChunks('{"counts":[1]}'.padEnd(8_000), 1, `;${'x'.repeat(500)}`, 'a: b\r\n'.repeat(500)),
        ),
      ),
    ],
    repeats: true,
  },
  'a megabyte of small members': { connections: 16, writes: [whole('/counts', json, members)], repeats: true },
  'small members for one count': { connections: 16, writes: [whole('/count', json, members)], repeats: true },
  'lists as deep as a body can be': {
    connections: 16,
    writes: [whole('/counts', json, `{"counts":${'['.repeat(500_000)}${']'.repeat(500_000)}}`)],
    repeats: true,
  },
  'a line of lists as deep as a body can be': {
    connections: 16,
    writes: [whole('/counts', ndjson, '['.repeat(1_000_000))],
    repeats: true,
  },
  'as many long counts as a body can hold': {
    connections: 16,
    writes: [whole('/counts', json, `{"counts":[${counts.join(`,${' '.repeat(80)}`)}]}`)],
    repeats: true,
  },
} satisfies Record<string, Shape>;

/** Attacks by pipelining: many requests in one write. */
const pipelines = {
  'pipelined GETs': { connections: 100, writes: [pipelined(get('/health'))], repeats: true },
  'pipelined GETs that nobody reads': {
    connections: 100,
    writes: [pipelined(get('/docs'))],
    repeats: true,
    isDeaf: true,
  },
  'pipelined POSTs': { connections: 100, writes: [pipelined(postOne)], repeats: true },
  'pipelined GETs and POSTs in turns': {
    connections: 100,
    writes: [pipelined(get('/count') + postOne)],
    repeats: true,
  },
  'pipelined GETs of HTTP/1.0': {
    connections: 100,
    writes: [pipelined(get('/', '1.0', 'connection: keep-alive\r\n'))],
    repeats: true,
  },
  'pipelined requests for nothing': { connections: 100, writes: [pipelined(get('/x'))], repeats: true },
  'pipelined requests with many headers': {
    connections: 100,
    writes: [pipelined(get('/health', '1.1', wholeHeaders))],
    repeats: true,
  },
  'pipelined pages': { connections: 20, writes: [pipelined(get('/counts?limit=1000'))], repeats: true },
  'pipelined pages that nobody reads': {
    connections: 100,
    writes: [pipelined(get('/counts?limit=1000'))],
    isDeaf: true,
  },
} satisfies Record<string, Shape>;

const maxConnections = 4_200;

/** Attacks with the maximum number of connections, which cost the attacker nothing to hold. */
const connections = {
  'idle connections': { connections: maxConnections, writes: [] },
  'half a head on each connection': { connections: maxConnections, writes: [bytes('POST /count HTTP/1.1\r\nho')] },
  'half a body on each connection': {
    connections: maxConnections,
    writes: [bytes(post('/count', `${json}content-length: 11\r\n`, '{"cou'))],
  },
  'one request on each connection': { connections: maxConnections, writes: [bytes(get('/'))] },
  'held bodies of a megabyte': {
    connections: 300,
    writes: [bytes(post('/counts', `${json}content-length: ${mebibyte}\r\n`, '{"counts":[1'.padEnd(mebibyte - 1)))],
  },
  listeners: { connections: 1_000, writes: [bytes(get('/events'))] },
  'listeners that do not read': { connections: 1_000, writes: [bytes(get('/events'))], isDeaf: true },
} satisfies Record<string, Shape>;

/** All shapes by name. */
export const shapes: Readonly<Record<string, Shape>> = { ...bodies, ...pipelines, ...connections };
