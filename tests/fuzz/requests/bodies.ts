import * as fc from 'fast-check';
import { words } from './words.ts';

// Generates valid, nearly valid and invalid bodies. They carry no verdict: oracle.ts computes it.

/** Encodes text as UTF-8. */
export const toBytes = (text: string): string => Buffer.from(text).toString('latin1');

/** Any bytes. */
export const rawBytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));

/** Usually the first, otherwise the second. */
export const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>, weight = 8): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight }, { arbitrary: odd, weight: 1 });

/** Usually nothing, otherwise blanks. */
export const blank = mostly(fc.constant(''), fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 }));

/** Numbers at the edges of what JSON, a double or a count can be, and beyond. */
export const edges = words(
  `0 -0 1.0 1e0 -1E+2 1e15 12e-1 10e-1 0e9 -0.0e-0 5e-324 1e-400 1e400 -1e400
  9007199254740991 -9007199254740991 9007199254740992 -9007199254740992 9007199254740993
  9007199254740990.5 9007199254740991.4 9007199254740991.5 9007199254740991.6 9.007199254740991e15
  9223372036854775807 18446744073709551616 1e16 1e308 0.5 -1.5 1.0000000000000000001 4503599627370497.5
  01 -01 00 +1 --1 - .5 5. 1.e3 1e 1e+ 0x10 0b1 0o7 1_000 1,5 1n １ ٣
  NaN Infinity -Infinity null true undefined "1" " '1' [1] {} [] {"count":1}
  1/**/ 1// (1) 1; 1\u2028 \u00a01 \ufeff1 1e99999999999999999999 \u0000 1\u0000`,
  ...['', ' ', '1 2', `1${'0'.repeat(400)}`, `0.${'0'.repeat(400)}1`],
).map(toBytes);

// Blanks of Unicode, which are none of JSON.
const trailers = ['\u00a0', '\u2028\n', '\n\ufeff', '\v', '\f\n'].map(toBytes);

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: 1, maxLength: 20 });

/** The text of a count, or of an invalid one. */
const countText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.maxSafeInteger().map(String), weight: 18 },
  { arbitrary: fc.constantFrom(...edges), weight: 4 },
  {
    arbitrary: fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        digits,
        fc.constantFrom('', '.'),
        digits,
        fc.constantFrom('', 'e', 'E-', 'e+'),
        digits,
      )
      .map((parts) => parts.join('')),
    weight: 1,
  },
  { arbitrary: fc.json({ maxDepth: 2 }).map(toBytes), weight: 1 },
);

const names = (name: string): fc.Arbitrary<string> =>
  mostly(
    fc.constant(JSON.stringify(name)),
    fc.oneof(
      fc.constantFrom(
        ...words(
          `"Count" "__proto__" "constructor" "toString" "" "c\\u006funt" "c\\u006Funts" count 'count' "count "\\ud800"
        "hasOwnProperty"`,
          '"count "',
          '"cou\\nt"',
        ),
      ),
      fc
        .array(fc.nat(0xffff), { maxLength: 10 })
        .map((units) => toBytes(JSON.stringify(String.fromCharCode(...units)))),
    ),
    40,
  );

const member = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(blank, names(name), blank, blank, value, blank)
    .map(([a, its, b, c, text, d]) => `${a}${its}${b}:${c}${text}${d}`);

/** Usually one member. Otherwise none or several, possibly with a duplicate. */
const object = (its: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(blank, mostly(fc.tuple(its), fc.array(its, { maxLength: 3 }), 15), blank)
    .map(([before, members, after]) => `${before}{${members.join(',')}}${after}`);

const someCount = mostly(fc.maxSafeInteger().map(String), countText, 40);

/** A list, usually with commas. */
export const list = (its: fc.Arbitrary<string>, most: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      mostly(fc.constant(','), fc.constantFrom(',,', ';', ', ', '\n,', '', ',]')),
      fc.array(its, { maxLength: most }),
    )
    .map(([comma, texts]) => `[${texts.join(comma)}]`);

/** NDJSON, usually with valid ends of lines. */
export const lines = (its: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      mostly(fc.constantFrom('\n', '\r\n'), fc.constantFrom('\r', ',', '\n\n', ' \n ', '\u0000', '', '\xc2\xa0\n')),
      fc.array(its, { maxLength: 6 }),
      mostly(fc.constantFrom('', '\n', '\r\n', '\n\n \n'), fc.constantFrom(',', ...trailers)),
    )
    .map(([end, texts, last]) => texts.join(end) + last);

const nested = (most: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(['[', ']'], ['{"count":', '}'], ['{"counts":[', ']}'], ['[{"__proto__":', '}]'], ['"', '"']),
      fc.integer({ min: 1, max: most }),
    )
    .map(([[open = '', close = ''], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`);

/** Removes, inserts or replaces one to three bytes of a body. */
const spoiled = (body: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      body,
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 }), rawBytes(1)), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([text, changes]) =>
      changes.reduce((changed, [place, removed, added]) => {
        const at = Math.floor(place * changed.length);
        return changed.slice(0, at) + added + changed.slice(at + removed);
      }, text),
    );

const marked = (body: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(
        '\xef\xbb\xbf',
        '\xef\xbb\xbf\xef\xbb\xbf',
        '\xff\xfe',
        '\xfe\xff',
        '\x00',
        '\xef\xbb',
        '\x1f\x8b\x08',
      ),
      body,
    )
    .map(([mark, text]) => mark + text);

const rubbish = fc.oneof(
  fc.json().map(toBytes),
  rawBytes(40),
  nested(2_000),
  fc.constantFrom(
    ...words('{ } null count=1 {"count":1}{"count":2} \xc0\x80 \xed\xa0\x80', '', '{"count":1}\n{"count":2}'),
  ),
);

/** Usually the body, otherwise with wrong bytes in it or before it, or another. */
export const oddly = (usual: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { arbitrary: usual, weight: 24 },
    { arbitrary: spoiled(usual), weight: 3 },
    { arbitrary: marked(usual), weight: 1 },
    { arbitrary: rubbish, weight: 2 },
  );

/** Bodies for POST /count. */
export const oneCountBody: fc.Arbitrary<string> = oddly(object(member('count', countText)));

/** JSON bodies for POST /counts. */
export const countsBody: fc.Arbitrary<string> = oddly(
  object(member('counts', mostly(list(someCount, 6), countText, 12))),
);

/** NDJSON bodies for POST /counts. */
export const linesBody: fc.Arbitrary<string> = oddly(lines(someCount));

/** Maximum size of a body in bytes. */
export const maxBodyBytes = 1_048_576;
const maxCountBytes = 4_096;

/** A body with its path and type. */
export type TypedBody = { readonly path: string; readonly type: string; readonly body: string };

/** Bodies near the limits in bytes or counts. */
export const largeBody: fc.Arbitrary<TypedBody> = fc.oneof(
  fc
    .tuple(fc.integer({ min: -2, max: 2 }), fc.constantFrom(' ', '\n', '[', '9', '\xff', ','))
    .map(([more, filling]) => ({
      path: '/count',
      type: 'application/json',
      body: `{"count":1${filling.repeat(maxCountBytes - 11 + more)}}`,
    })),
  fc
    .tuple(fc.integer({ min: -2, max: 2 }), fc.constantFrom(' ', '\n', '[', '9', '\xff', ','))
    .map(([more, filling]) => ({
      path: '/counts',
      type: 'application/json',
      body: `{"counts":[1${filling.repeat(maxBodyBytes - 14 + more)}]}`,
    })),
  fc
    .integer({ min: 9_999, max: 10_001 })
    .map((size) => ({ path: '/counts', type: 'application/json', body: `{"counts":[${numbersTo(size).join()}]}` })),
  fc
    .integer({ min: 9_999, max: 10_001 })
    .map((size) => ({ path: '/counts', type: 'application/x-ndjson', body: numbersTo(size).join('\n') })),
  nested(170_000).map((body) => ({ path: '/counts', type: 'application/json', body })),
  fc
    .constantFrom('{"a":1,', '1,', '"a",', '\\u0000')
    .map((piece) => ({ path: '/counts', type: 'application/json', body: `{"counts":[${piece.repeat(150_000)}1]}` })),
);

const numbersTo = (size: number): number[] => Array.from({ length: size }, (_, index) => index);
