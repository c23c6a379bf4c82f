import * as fc from 'fast-check';
import { rawBytes } from './bodies.ts';
import { rareCount } from './broken.ts';
import { token } from '../oracle.ts';
import { words } from './words.ts';

// Request smuggling: each request hides another one with a count. A server that sees the end of the
// first elsewhere than other parsers would run the second. No hidden request may ever be recorded.

/** Bytes that the producer must refuse, and the count of the hidden request. */
export type Smuggling = { readonly kind: 'smuggling'; readonly bytes: string; readonly hidden: number };

type Ways = Readonly<Record<string, (hidden: string) => string>>;

const own = `Host: sluice\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
const start = `POST /count HTTP/1.1\r\n${own}`;
const body = '{"count":1}';

/** Conflicting framing: servers may disagree about the end of the body. */
const twoEnds: Ways = {
  'CL.TE': (hidden) =>
    `${start}Content-Length: ${5 + hidden.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'TE.CL': (hidden) =>
    `${start}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
  'two lengths': (hidden) =>
    `${start}Content-Length: 11\r\nContent-Length: ${11 + hidden.length}\r\n\r\n${body}${hidden}`,
  'the same length twice': (hidden) => `${start}Content-Length: 11\r\nContent-Length: 11\r\n\r\n${body}${hidden}`,
  'HTTP/1.0 in chunks': (hidden) =>
    `${start.replace('1.1', '1.0')}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
};

const lengths = words(
  '+11 -1 0x0b 11,11 "11" 11; 1e1 18446744073709551627 1_1 ٣',
  '11, 12',
  '1 1',
  '',
  '\x0b11',
  '11\x00',
);
const codings = words(
  'identity xchunked chunkedx "chunked" chunked;q=1 chunked, ,chunked cow',
  'identity, chunked',
  'gzip, chunked',
  'chunked, identity',
  'chunked, chunked',
  '\x0bchunked',
  'chun ked',
  'c\x00hunked',
  '',
);
const names = [
  'Transfer-Encoding ',
  'Transfer-Encoding\t',
  ' Transfer-Encoding',
  'Transfer\x00-Encoding',
  'Transfer-Encoding\x0b',
  '\x00Transfer-Encoding',
  'X: y\nTransfer-Encoding',
  'X: y\rTransfer-Encoding',
];
const sizes = words(
  '0x0 -0 +0 g 10000000000000000 ffffffffffffffff1 0,',
  ' 0',
  '0 ',
  '0\t',
  '',
  '0;\n',
  '0;a\r',
  '00 0',
  '0\x00',
  '0\n',
  `0;${'a'.repeat(17_000)}`,
);

/** Invalid line endings, names with blanks, and folded lines. */
const badLines: Ways = {
  ...Object.fromEntries(
    lengths.map((length) => [
      `the length ${length}`,
      (hidden: string) => `${start}Content-Length: ${length}\r\n\r\n${body}${hidden}`,
    ]),
  ),
  ...Object.fromEntries(
    codings.map((coding) => [
      `the coding ${coding}`,
      (hidden: string) => `${start}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n${hidden}`,
    ]),
  ),
  ...Object.fromEntries(
    names.map((name) => [
      `the name ${name}`,
      (hidden: string) => `${start}Content-Length: 11\r\n${name}: chunked\r\n\r\n${body}${hidden}`,
    ]),
  ),
  ...Object.fromEntries(
    sizes.map((size) => [
      `the chunk size ${size}`,
      (hidden: string) => `${start}Transfer-Encoding: chunked\r\n\r\n${size}\r\n\r\n${hidden}`,
    ]),
  ),
  'a folded coding': (hidden) => `${start}Content-Length: 11\r\nTransfer-Encoding:\r\n chunked\r\n\r\n${body}${hidden}`,
  'a folded header': (hidden) => `${start}X: y\r\n Content-Length: 11\r\n\r\n${body}${hidden}`,
  'a folded first header': (hidden) => `POST /count HTTP/1.1\r\n Content-Length: 11\r\n${own}\r\n${body}${hidden}`,
  'a head that ends with LF': (hidden) => `${start}Content-Length: 11\r\n\n${body}${hidden}`,
  'lines that end with LF': (hidden) => `${start}Content-Length: 11\r\n\r\n${body}${hidden}`.replaceAll('\r\n', '\n'),
  'lines that end with CR': (hidden) => `${start}Content-Length: 11\r\n\r\n${body}${hidden}`.replaceAll('\r\n', '\r'),
  'a chunk longer than its size': (hidden) =>
    `${start}Transfer-Encoding: chunked\r\n\r\n3\r\n{"count":1}\r\n0\r\n\r\n${hidden}`,
  'a chunk without its end': (hidden) => `${start}Transfer-Encoding: chunked\r\n\r\nb\r\n${body}XX0\r\n\r\n${hidden}`,
  'a length in the trailer': (hidden) =>
    `${start}Transfer-Encoding: chunked\r\n\r\nb\r\n${body}\r\n0\r\nContent-Length: 0\r\n\r\n${hidden}`,
  'two hosts': (hidden) => `${start}host: other\r\nContent-Length: 11\r\n\r\n${body}${hidden}`,
};

/** Complete requests that hold the hidden one as their body, or as the data of a tunnel. */
const asBody: Ways = {
  'a body': (hidden) => `${start}Content-Length: ${hidden.length}\r\n\r\n${hidden}`,
  chunks: (hidden) =>
    `${start}Transfer-Encoding: chunked\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
  'the body of a path that there is not': (hidden) =>
    `PUT /nothing HTTP/1.1\r\n${own}Content-Length: ${hidden.length}\r\nConnection: close\r\n\r\n${hidden}`,
  'a tunnel': (hidden) => `CONNECT sluice:80 HTTP/1.1\r\n${own}\r\n${hidden}`,
  'a length that is too large': (hidden) => `${start}Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n${hidden}`,
  'another protocol': (hidden) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`,
  'another version': (hidden) => `POST /count HTTP/2.0\r\n${own}Content-Length: 0\r\n\r\n${hidden}`,
};

const ways = Object.values({ ...twoEnds, ...badLines, ...asBody });

const hiddenRequest = (count: number): string =>
  `POST /count HTTP/1.1\r\n${own}Content-Length: ${JSON.stringify({ count }).length}\r\n\r\n${JSON.stringify({ count })}`;

/**
 * A smuggling attack. An empty line may precede it, and any bytes may follow the hidden request.
 */
export const smuggling: fc.Arbitrary<Smuggling> = fc
  .tuple(fc.constantFrom('', '\r\n'), fc.constantFrom(...ways), rareCount, rawBytes(3))
  .map(([before, way, hidden, behind]) => ({
    kind: 'smuggling',
    bytes: before + way(hiddenRequest(hidden)) + behind,
    hidden,
  }));
