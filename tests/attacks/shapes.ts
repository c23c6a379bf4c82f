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

/** Connections that send the same bytes until the attack ends. */
const repeat = (connections: number, ...writes: readonly Buffer[]): Shape => ({ connections, writes, repeats: true });

const inOneByteChunks = (type: string, body: string): Buffer =>
  bytes(post('/counts', type + chunked, inChunks(body.padEnd(mebibyte), 1)));

const extended = inChunks('{"counts":[1]}'.padEnd(8_000), 1, `;${'x'.repeat(500)}`, 'a: b\r\n'.repeat(500));
const deepJson = `{"counts":${'['.repeat(500_000)}${']'.repeat(500_000)}}`;
const longCounts = `{"counts":[${counts.join(`,${' '.repeat(80)}`)}]}`;
const page = pipelined(get('/counts?limit=1000'));
const maxConnections = 4_200;
const heldHead = `${json}content-length: ${mebibyte}\r\n`;

/** All shapes by name. */
export const shapes: Readonly<Record<string, Shape>> = {
  // Bodies: many small parts, or expensive to parse.
  'JSON in chunks of one byte': repeat(6, inOneByteChunks(json, '{"counts":[1]}')),
  'NDJSON in chunks of one byte': repeat(6, inOneByteChunks(ndjson, '1\n')),
  'chunks with extensions and trailers': repeat(20, bytes(post('/counts', json + chunked, extended))),
  'a megabyte of small members': repeat(16, whole('/counts', json, members)),
  'small members for one count': repeat(16, whole('/count', json, members)),
  'lists as deep as a body can be': repeat(16, whole('/counts', json, deepJson)),
  'a line of lists as deep as a body can be': repeat(16, whole('/counts', ndjson, '['.repeat(1_000_000))),
  'as many long counts as a body can hold': repeat(16, whole('/counts', json, longCounts)),
  // Pipelining: many requests in one write.
  'pipelined GETs': repeat(100, pipelined(get('/health'))),
  'pipelined GETs that nobody reads': { ...repeat(100, pipelined(get('/docs'))), isDeaf: true },
  'pipelined POSTs': repeat(100, pipelined(postOne)),
  'pipelined GETs and POSTs in turns': repeat(100, pipelined(get('/count') + postOne)),
  'pipelined GETs of HTTP/1.0': repeat(100, pipelined(get('/', '1.0', 'connection: keep-alive\r\n'))),
  'pipelined requests for nothing': repeat(100, pipelined(get('/x'))),
  'pipelined requests with many headers': repeat(100, pipelined(get('/health', '1.1', wholeHeaders))),
  'pipelined pages': repeat(20, page),
  'pipelined pages that nobody reads': { connections: 100, writes: [page], isDeaf: true },
  // The maximum number of connections, which cost the attacker nothing to hold.
  'idle connections': { connections: maxConnections, writes: [] },
  'half a head on each connection': { connections: maxConnections, writes: [bytes('POST /count HTTP/1.1\r\nho')] },
  'half a body on each connection': {
    connections: maxConnections,
    writes: [bytes(post('/count', `${json}content-length: 11\r\n`, '{"cou'))],
  },
  'one request on each connection': { connections: maxConnections, writes: [bytes(get('/'))] },
  'held bodies of a megabyte': {
    connections: 300,
    writes: [bytes(post('/counts', heldHead, '{"counts":[1'.padEnd(mebibyte - 1)))],
  },
  listeners: { connections: 1_000, writes: [bytes(get('/events'))] },
  'listeners that do not read': { connections: 1_000, writes: [bytes(get('/events'))], isDeaf: true },
};
