import * as fc from 'fast-check';
import { columnsByTable, type Column, type Kind } from '../rows/columns.ts';
import { blank, edges, lines, list, maxBodyBytes, mostly, oddly, toBytes, type TypedBody } from './bodies.ts';
import { edgesOf, otherValues, wrongMembers } from './row-edges.ts';

// Generates valid, nearly valid and invalid rows. They carry no verdict: read-rows.ts computes it.

const quoted = (its: fc.Arbitrary<string>): fc.Arbitrary<string> => its.map((text) => JSON.stringify(text));

/** Writes each UTF-16 unit as an escape. */
const escaped = (text: string): string =>
  `"${text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')}"`;

/** A moment in the years that MySQL has, seen from any offset. */
const time = fc
  .tuple(
    fc.date({ min: new Date('1000-01-02T00:00Z'), max: new Date('9999-12-30T00:00Z'), noInvalidDate: true }),
    fc.constantFrom('Z', '+00:00', '-00:00', '+23:59', '-23:59', '+05:45', '-03:30'),
  )
  .map(([date, offset]) => date.toISOString().replace('Z', offset));

const decimal = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.nat(99_999_999),
    fc.constantFrom('', '.'),
    fc.nat(9_999),
    fc.integer({ min: 1, max: 4 }),
  )
  .map(([sign, whole, point, fraction, digits]) =>
    point === '' ? `${sign}${whole}` : `${sign}${whole}.${String(fraction).padStart(4, '0').slice(0, digits)}`,
  );

const textOf = (most: number): fc.Arbitrary<string> =>
  fc.oneof(
    { arbitrary: fc.string({ unit: 'binary', maxLength: most }), weight: 6 },
    {
      arbitrary: fc
        .constantFrom('', 'a', '😀', 'e\u0301', '\0', ' ', '\ufeff', '\'\\"%_')
        .map((unit) => unit.repeat(most / Math.max(1, Array.from(unit).length))),
      weight: 2,
    },
  );

const nested = fc
  .tuple(fc.constantFrom(['[', ']'], ['{"a":', '}'], ['[{"__proto__":', '}]']), fc.integer({ min: 10, max: 27 }))
  .map(([[open = '', close = ''], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`);

/** Replaces the integers that JSON of a row must not have, which half of all doubles are. */
const safely = (_name: string, value: unknown): unknown =>
  Number.isInteger(value) ? Number(value) % Number.MAX_SAFE_INTEGER : value;

/** JSON text of a value that the column takes, or nearly. */
const valueOf = (kind: Kind): fc.Arbitrary<string> => {
  switch (kind.name) {
    case 'text':
      return fc
        .tuple(textOf(kind.max), fc.boolean())
        .map(([text, isEscaped]) => (isEscaped ? escaped(text) : JSON.stringify(text)));
    case 'enum':
      return quoted(fc.constantFrom(...kind.values));
    case 'decimal':
      return quoted(decimal);
    case 'uuid':
      return quoted(fc.uuid());
    case 'integer':
      return fc.maxSafeInteger().map(String);
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
    case 'boolean':
      return fc.boolean().map(String);
    case 'time':
      return quoted(time);
    case 'json':
      return mostly(
        fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }).map((value) => JSON.stringify(value, safely)),
        nested,
        20,
      );
  }
};

/** A member of a row, with the index of its column. */
type Member = readonly [index: number, text: string | undefined];

const memberOf = ({ name, kind, isOptional }: Column, index: number): fc.Arbitrary<Member> => {
  const text = valueOf(kind).map((value): Member => [index, `"${name}":${value}`]);
  return isOptional ? mostly(text, fc.constantFrom<Member[]>([index, `"${name}":null`], [index, undefined]), 2) : text;
};

const oddMemberOf = ({ name, kind }: Column, index: number): fc.Arbitrary<Member> =>
  fc
    .oneof(
      { arbitrary: fc.constantFrom(...edgesOf(kind)), weight: 8 },
      { arbitrary: fc.constantFrom(...otherValues), weight: 3 },
      ...(['integer', 'number'].includes(kind.name) ? [{ arbitrary: fc.constantFrom(...edges), weight: 4 }] : []),
      fc.constant(undefined),
    )
    .map((value) => [index, value === undefined ? undefined : `"${name}":${value}`]);

/** A row, with its members in any rotation. A quarter of them have one or two odd members. */
const rowOf = (columns: readonly Column[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.tuple(...columns.map(memberOf)),
      mostly(
        fc.constant<readonly Member[]>([]),
        fc.array(fc.oneof(...columns.map(oddMemberOf)), { minLength: 1, maxLength: 2 }),
        3,
      ),
      mostly(
        fc.constant<readonly string[]>([]),
        fc.array(fc.constantFrom(...wrongMembers), { minLength: 1, maxLength: 2 }),
        25,
      ),
      fc.tuple(fc.nat(9), blank, mostly(fc.constant(','), fc.constantFrom(' ,\t', ',,', ';', ''), 60)),
    )
    .map(([members, odd, wrong, [first, space, comma]]) => {
      const texts = new Map<number, string | undefined>([...members, ...odd]);
      const all = [...texts.values(), ...wrong].filter((text) => text !== undefined);
      return `${space}{${space}${[...all.slice(first), ...all.slice(0, first)].join(comma)}}${space}`;
    });

/** The bodies of each table, as JSON and as NDJSON. */
export const rowBodies = Object.entries(columnsByTable).map(([table, columns]) => {
  const row = rowOf(columns).map(toBytes);
  return {
    path: `/tables/${table}/rows`,
    jsonBody: oddly(mostly(fc.oneof(row, list(row, 4)), list(list(row, 2), 2), 40)),
    rowLines: oddly(lines(row)),
  };
});

// The limit of MySQL for a name in JSON.
const maxNameBytes = 65_535;

const votes = (size: number): string[] =>
  Array.from({ length: size }, (_, weight) => JSON.stringify({ choice: 'many', weight }));

const bigRow = (properties: string): string =>
  `{"visitor":"0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47","path":"/","duration_ms":1,"clicks":1,"viewed_at":"2026-11-26T05:00:00.123Z","is_new":true,"properties":${properties}}`;

/** Bodies near the limits in bytes or rows. */
export const largeRows: fc.Arbitrary<TypedBody> = fc.oneof(
  fc.integer({ min: 9_999, max: 10_001 }).map((size) => ({
    path: '/tables/vote/rows',
    type: 'application/json',
    body: `[${votes(size).join()}]`,
  })),
  fc.integer({ min: 9_999, max: 10_001 }).map((size) => ({
    path: '/tables/vote/rows',
    type: 'application/x-ndjson',
    body: `${votes(size).join('\n')}\n\n`,
  })),
  fc
    .tuple(fc.integer({ min: -300, max: 2 }), fc.constantFrom('x', '\\n', '😀', '\\"', '\\u0000', '\\\\'))
    .map(([more, filling]) => {
      const room = maxBodyBytes + more - bigRow('""').length;
      const text = filling.repeat(Math.ceil(room / toBytes(filling).length));
      return { path: '/tables/page_view/rows', type: 'application/json', body: bigRow(`"${toBytes(text)}"`) };
    }),
  fc.integer({ min: -1, max: 1 }).map((more) => ({
    path: '/tables/page_view/rows',
    type: 'application/json',
    body: bigRow(`[{"${toBytes('ü')}${'x'.repeat(maxNameBytes - 2 + more)}":1}]`),
  })),
  fc.constantFrom('{"a":1,', '1,', '[],', '"",', '1e15,', '{"a":1},', '[[', '[').map((piece) => ({
    path: '/tables/page_view/rows',
    type: 'application/json',
    body: bigRow(`[${piece.repeat(120_000)}1]`),
  })),
);
