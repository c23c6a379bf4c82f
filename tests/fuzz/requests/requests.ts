import * as fc from 'fast-check';
import { countsBody, largeBody, linesBody, mostly, oneCountBody, rawBytes } from './bodies.ts';
import { token } from '../oracle.ts';
import type { Framing, FuzzRequest } from './request.ts';
import { largeRows, rowBodies } from './rows.ts';
import { words } from './words.ts';

// Requests with correct HTTP framing, so the connection stays open. Only their content is odd.

type Header = readonly [name: string, value: string];
type Headers = readonly Header[];

const usually = <T>(usual: fc.Arbitrary<T>, weight: number, odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight }, { arbitrary: odd, weight: 1 });

const oneHeader = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Headers> =>
  value.map((text) => [[name, text]]);

const host: fc.Arbitrary<Headers> = usually(
  fc.constant([['Host', 'sluice']]),
  80,
  fc.oneof(
    oneHeader(
      'Host',
      fc.constantFrom('', 'a b', 'x:99999', '[::1]:5080', '[::1', 'x/../', '\xfc', 'u@x', 'x,y', 'x:y', 'EXAMPLE.org:'),
    ),
    fc.constant([]),
    fc.constant([
      ['Host', 'a'],
      ['host', 'b'],
    ] as const),
  ),
);

const authorization: fc.Arbitrary<Headers> = usually(
  fc.constant([['Authorization', `Bearer ${token}`]]),
  50,
  fc.oneof(
    oneHeader(
      'Authorization',
      fc.constantFrom(
        '',
        'Bearer',
        'Bearer x',
        `bearer  ${token}`,
        `Bearer ${token} x`,
        token,
        `Basic ${token}`,
        `Bearer ${token},Bearer x`,
        `Bearer\t${token}`,
        `Bearer ${'x'.repeat(4_000)}`,
      ),
    ),
    fc.constant([]),
    fc.constant([
      ['Authorization', `Bearer ${token}`],
      ['authorization', 'Bearer x'],
    ] as const),
  ),
);

/** The content type of a body, right or wrong. */
const contentType = (right: string): fc.Arbitrary<Headers> =>
  usually(
    oneHeader(
      'Content-Type',
      usually(
        fc.constant(right),
        6,
        fc
          .constantFrom('; charset=utf-8', ';charset="UTF-8"', '; x=y', ' ;charset=us-ascii')
          .map((more) => right.toUpperCase() + more),
      ),
    ),
    30,
    fc.oneof(
      oneHeader(
        'Content-Type',
        fc.constantFrom(
          ...words(
            `application/json application/x-ndjson text/plain application/jsonp json / application/
          application/x-www-form-urlencoded */* application/\xff __proto__ constructor/prototype`,
            'application/json, text/plain',
            '',
            'multipart/form-data; boundary=x',
            'application/json; charset=utf-16',
            'application/json; charset=latin1',
            'a/b'.repeat(1_000),
          ),
        ),
      ),
      fc.constant([]),
      fc.constant([
        ['Content-Type', 'application/json'],
        ['content-type', 'text/plain'],
      ] as const),
    ),
  );

const idempotencyKey: fc.Arbitrary<Headers> = usually(
  fc.constant([]),
  6,
  fc.oneof(
    { arbitrary: oneHeader('Idempotency-Key', fc.uuid()), weight: 6 },
    {
      arbitrary: oneHeader(
        'Idempotency-Key',
        fc.constantFrom(
          ...words('a 0 __proto__ \xfc {} * "quoted"', '', 'two words', 'x'.repeat(255), 'x'.repeat(256), 'a\tb'),
        ),
      ),
      weight: 3,
    },
    {
      arbitrary: fc.constant([
        ['Idempotency-Key', 'a'],
        ['idempotency-key', 'b'],
      ] as const),
      weight: 1,
    },
  ),
);

/** Headers that no route uses, including some that are invalid in HTTP requests. */
const otherHeader: fc.Arbitrary<Header> = fc.oneof(
  {
    arbitrary: fc.constantFrom<Header[]>(
      ['Accept', 'text/html;q=0.1, */*;q=\xbd'],
      ['Accept', ','],
      ['Accept-Encoding', 'gzip, br'],
      ['Expect', '100-continue'],
      ['Expect', 'tea'],
      ['Content-Encoding', 'gzip'],
      ['Content-Encoding', 'identity'],
      ['Content-Encoding', 'br, gzip'],
      ['Range', 'bytes=0-'],
      ['If-None-Match', '*'],
      ['Upgrade', 'websocket'],
      ['Upgrade', 'h2c'],
      ['Connection', 'upgrade'],
      ['Connection', 'close'],
      ['Connection', 'keep-alive, content-length'],
      ['Keep-Alive', 'timeout=0, max=-1'],
      ['TE', 'trailers'],
      ['Trailer', 'Content-Length'],
      ['Transfer-Encoding', 'identity'],
      ['Transfer-Encoding', 'gzip, chunked'],
      ['Origin', 'null'],
      ['Origin', 'https://evil.example'],
      ['Access-Control-Request-Method', '\xff'],
      ['X-HTTP-Method-Override', 'DELETE'],
      ['X-Forwarded-For', "' OR 1=1"],
      ['Forwarded', 'for=[::1]'],
      ['X-Original-URL', '/events'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['traceparent', '00-00-00-00'],
      ['Cookie', 'a=b; a=c'],
      ['Accept-Version', '1.x'],
      ['Content-MD5', '='],
      ['Max-Forwards', '0'],
      ['X', 'a'.repeat(7_000)],
      ['X', 'a'.repeat(17_000)],
      ['', 'x'],
      ['X Y', 'x'],
      ['X', 'a\x00b'],
      ['X', 'a\x0bb'],
      ['X', '\x7f'],
      ['X\x80', 'x'],
      ['X_(', 'x'],
    ),
    weight: 3,
  },
  {
    arbitrary: fc.tuple(
      fc
        .string({ unit: fc.constantFrom(..."abcXYZ019-_.!~'".split('')), minLength: 1, maxLength: 8 })
        .map((text) => `X-${text}`),
      rawBytes(12).map((bytes) => bytes.replace(/[^\x20-\x7e\x80-\xff]/g, ' ')),
    ),
    weight: 1,
  },
);

const others: fc.Arbitrary<Headers> = usually<Headers>(
  fc.constant([]),
  3,
  fc.array(otherHeader, { minLength: 1, maxLength: 3 }),
);

const framing: fc.Arbitrary<Framing> = fc.oneof(
  { arbitrary: fc.constant({ kind: 'length' } as const), weight: 6 },
  {
    arbitrary: fc.record({
      kind: fc.constant('chunks' as const),
      cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
      extension: usually(fc.constant(''), 3, fc.constantFrom(';a', ';a=b', ';a="b c"', `;${'x'.repeat(500)}`)),
      trailer: usually(
        fc.constant(''),
        3,
        fc.constantFrom('X: y\r\n', 'Idempotency-Key: late\r\n', 'Host: late\r\nAuthorization: late\r\n'),
      ),
    }),
    weight: 2,
  },
);

const noBody: Framing = { kind: 'none' };
const version = usually(
  fc.constant('HTTP/1.1'),
  120,
  fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'HTTP/3', 'http/1.1', 'HTTP/1.1 x', ''),
);

/** The alternative spellings of a path. */
const written = (path: string): fc.Arbitrary<string> =>
  usually(
    fc.constant(path),
    12,
    fc.oneof(
      fc.constantFrom(
        `http://sluice${path}`,
        `HTTPS://x:1${path}?a=/b`,
        `${path}?`,
        `${path}?x=1&x=%zz`,
        `${path}#x`,
        `${path}?__proto__[count]=1`,
      ),
      fc.array(fc.boolean(), { minLength: path.length, maxLength: path.length }).map((escaped) =>
        path
          .split('')
          .map((letter, index) =>
            letter !== '/' && escaped[index] === true ? `%${letter.charCodeAt(0).toString(16)}` : letter,
          )
          .join(''),
      ),
    ),
  );

const post = (path: string, type: string, body: fc.Arbitrary<string>): fc.Arbitrary<FuzzRequest> =>
  fc.record({
    method: fc.constant('POST'),
    target: written(path),
    version,
    headers: fc.tuple(host, authorization, contentType(type), idempotencyKey, others).map((parts) => parts.flat()),
    body,
    framing: usually(framing, 80, fc.constant(noBody)),
  });

const readHeaders: fc.Arbitrary<Headers> = fc.tuple(host, others).map((parts) => parts.flat());

const readPaths = [
  ...['/', '/health', '/ready', '/count', '/counts', '/queue', '/openapi.json', '/docs'],
  ...['/tables', '/tables/page_view', '/tables/vote', '/tables/vote/rows', '/tables/vote/queue'],
];

const read = (target: fc.Arbitrary<string>): fc.Arbitrary<FuzzRequest> =>
  fc.record({
    method: fc.constantFrom('GET', 'HEAD'),
    target,
    version,
    headers: readHeaders,
    body: fc.constant(''),
    framing: fc.constant(noBody),
  });

const query: fc.Arbitrary<string> = fc
  .array(
    fc
      .tuple(
        usually(
          fc.constantFrom('limit', 'before', 'after'),
          6,
          fc.constantFrom('%6cimit', 'Limit', 'limit[]', '', '__proto__', 'offset', 'limit%00'),
        ),
        usually(
          fc.integer({ min: -1, max: 1_001 }).map(String),
          1,
          fc.constantFrom(
            ...words(
              `0 1000 01 1.0 1e2 %31 1%00 +1 % %ff 999999999999999999 9999999999999999999 1'-- 0x1 %EF%BC%91`,
              '',
              ' 1'.trim(),
            ),
          ),
        ),
      )
      .map(([name, value]) => `${name}=${value}`),
    { maxLength: 3 },
  )
  .map((pairs) => pairs.join('&'));

const page: fc.Arbitrary<string> = fc
  .tuple(mostly(fc.constantFrom('/counts', '/tables/vote/rows'), fc.constant('/tables/page_view/rows')), query)
  .map(([path, its]) => `${path}?${its}`);

const noTarget: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...words(
      `* // //count /count/ /Count /./count /docs/../count /%2e%2e/count /count%00 /count%2f /%2563ount /count;x
    /count\\ /..%2f..%2fetc/passwd /% /%zz /%ff /%c0%af /\xff count ? # http:// http:///count ftp://x/count
    /favicon.ico /metrics /__proto__ /constructor /count/constructor /:id /* /count* /docs/docs.mjs
    /count%0d%0aHost:%20x /tables/ /tables/nothing /tables/nothing/rows /tables/vote/rows/ /tables/Vote/rows
    /tables%2fvote/rows /tables/vote%2Frows /tables/vote;x/rows /tables/__proto__/rows /tables/vote/../page_view
    /tables/vote/rows/1 /tables/count/rows`,
      '/\x00',
      '/a b',
      '',
      `/${'a'.repeat(5_000)}`,
      `/${'a'.repeat(17_000)}`,
      `/${'%61'.repeat(1_600)}`,
    ),
  ),
  fc
    .array(fc.constantFrom('count', 'docs', '.', '..', '%2e', '', 'A', '%C3%BC', '~', ';', ':id'), { maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`),
  rawBytes(10).map((bytes) => `/${bytes.replace(/[\r\n ]/g, '')}`),
);

const otherMethod: fc.Arbitrary<string> = fc.constantFrom(
  ...words('PUT DELETE PATCH OPTIONS TRACE PROPFIND QUERY M-SEARCH SEARCH LINK get GETS G BREW P\xd6ST', '', 'POST\t'),
);

/** Other methods and paths, each with a valid body. */
const strange: fc.Arbitrary<FuzzRequest> = fc
  .tuple(
    fc.oneof(
      fc.tuple(otherMethod, fc.oneof(fc.constantFrom(...readPaths, '/events', '*'), noTarget)),
      fc.tuple(fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS'), noTarget),
    ),
    readHeaders,
    framing,
    version,
  )
  .map(([[method, target], headers, its, as]) => ({
    method,
    target,
    version: as,
    headers: [...headers, ['Content-Type', 'application/json']],
    body: '{"count":1}',
    framing: its,
  }));

/** All requests except large ones. */
export const request: fc.Arbitrary<FuzzRequest> = fc.oneof(
  { arbitrary: post('/count', 'application/json', oneCountBody), weight: 10 },
  { arbitrary: post('/counts', 'application/json', countsBody), weight: 5 },
  { arbitrary: post('/counts', 'application/x-ndjson', linesBody), weight: 5 },
  ...rowBodies.flatMap(({ path, jsonBody, rowLines }) => [
    { arbitrary: post(path, 'application/json', jsonBody), weight: 4 },
    { arbitrary: post(path, 'application/x-ndjson', rowLines), weight: 2 },
  ]),
  { arbitrary: read(fc.oneof(...readPaths.map(written))), weight: 2 },
  { arbitrary: read(page), weight: 2 },
  { arbitrary: strange, weight: 4 },
);

/** Requests near the size limits. */
export const largeRequest: fc.Arbitrary<FuzzRequest> = fc
  .tuple(fc.oneof(largeBody, largeRows), framing)
  .map(([{ path, type, body }, its]) => ({
    method: 'POST',
    target: path,
    version: 'HTTP/1.1',
    headers: [
      ['Host', 'sluice'],
      ['Authorization', `Bearer ${token}`],
      ['Content-Type', type],
    ],
    body,
    framing: its,
  }));
