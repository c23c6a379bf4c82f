import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { createRowCheck } from './check-row.ts';
import { decimal, defineTable } from './define-table.ts';
import { exampleOf } from './example.ts';
import { readTables } from './read-tables.ts';

const types: Readonly<Record<string, z.ZodType>> = {
  text: z.string().min(1).max(4),
  enum: z.enum(['free', 'pro']),
  uuid: z.uuid(),
  integer: z.int(),
  small: z.int().min(0).max(255),
  number: z.number(),
  decimal: decimal(6, 2),
  fraction: decimal(2, 2),
  boolean: z.boolean(),
  time: z.iso.datetime({ precision: 3 }),
  second: z.iso.datetime({ precision: 0 }),
  offset: z.iso.datetime({ offset: true }),
  json: z.json(),
  object: z.object({ a: z.int() }),
  list: z.array(z.string()),
  email: z.email().max(50),
  address: z.url().max(50),
  code: z
    .string()
    .max(9)
    .regex(/^[A-Z]+$/),
  sizes: z.record(z.string().max(5), z.int()),
  choices: z.record(z.enum(['a', 'b']), z.int()),
  few: z.array(z.int()).min(1).max(2),
  tens: z.int().multipleOf(10),
  between: z.number().gt(0).lt(1),
  strict: z.strictObject({ a: z.int() }),
  pair: z.tuple([z.int(), z.string()]),
  either: z.array(z.union([z.string(), z.int()])),
  nullable: z.object({ inner: z.object({ a: z.int() }).nullable(), text: z.string().nullable() }).partial(),
  kinds: z.object({
    of: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a'), size: z.int() }),
      z.object({ kind: z.literal('b'), name: z.string() }),
    ]),
  }),
  numbers: z.array(z.number()),
  nothing: z.object({ a: z.never().optional() }),
  contact: z.object({ mail: z.email(), seen: z.iso.date(), ip: z.ipv4(), id: z.uuid() }).partial(),
};

const checkOf = (type: string) => {
  const [table] = readTables([defineTable('one', { value: types[type] ?? z.never() })]);
  assert.ok(table !== undefined);
  return createRowCheck(table);
};

/** JSON of a value, and of the value in the queue. */
const accepted: readonly (readonly [type: string, sent: string, held: string])[] = [
  ['text', '"a"', '"a"'],
  ['text', String.raw`"\u0061"`, '"a"'],
  // MySQL counts characters, as JSON Schema does.
  ['text', '"😀😀😀😀"', '"😀😀😀😀"'],
  ['text', String.raw`"\u0000"`, String.raw`"\u0000"`],
  ['enum', '"pro"', '"pro"'],
  ['uuid', '"0B9AD5D3-7c5f-4d0e-9b1c-2f6a3f1e8d47"', '"0B9AD5D3-7c5f-4d0e-9b1c-2f6a3f1e8d47"'],
  ['integer', '1.0', '1'],
  ['integer', '1e3', '1000'],
  ['integer', '-0', '0'],
  ['integer', '-9007199254740991', '-9007199254740991'],
  ['number', '1.5e300', '1.5e+300'],
  ['number', '5e-324', '5e-324'],
  ['number', '0.1', '0.1'],
  ['decimal', '"1234.56"', '"1234.56"'],
  ['decimal', '"-0.5"', '"-0.5"'],
  ['decimal', '"7"', '"7"'],
  ['fraction', '"0.12"', '"0.12"'],
  ['boolean', 'true', '1'],
  ['boolean', 'false', '0'],
  ['time', '"2024-02-29T23:59:59.999Z"', '"2024-02-29 23:59:59.999"'],
  ['offset', '"2026-11-26T05:00:00+02:00"', '"2026-11-26 03:00:00.000"'],
  ['offset', '"2026-01-01T00:30:00.5+01:00"', '"2025-12-31 23:30:00.500"'],
  ['json', '{"b": [1, null], "a": "ü"}', String.raw`"{\"b\":[1,null],\"a\":\"ü\"}"`],
  ['json', '"text"', String.raw`"\"text\""`],
  ['json', '0.1', '"0.1"'],
  ['json', '['.repeat(24) + ']'.repeat(24), JSON.stringify('['.repeat(24) + ']'.repeat(24))],
  ['json', `{"${'x'.repeat(65_535)}":1}`, JSON.stringify(`{"${'x'.repeat(65_535)}":1}`)],
  ['object', '{"a": 1}', String.raw`"{\"a\":1}"`],
  ['list', '["a"]', String.raw`"[\"a\"]"`],
];

for (const [type, sent, held] of accepted) {
  test(`${type}: ${sent.slice(0, 60)} is held as ${held.slice(0, 60)}`, () => {
    assert.deepEqual(checkOf(type)({ value: JSON.parse(sent) }), { row: `[${held}]` });
  });
}

const refused: readonly (readonly [type: string, sent: string, pointer: string, detail: RegExp])[] = [
  ['text', '""', '/value', /must have at least 1 characters/],
  ['text', '"abcde"', '/value', /must have at most 4 characters/],
  ['text', '"😀😀😀😀😀"', '/value', /must have at most 4 characters/],
  ['text', '1', '/value', /must be text/],
  ['text', 'null', '/value', /must not be null/],
  ['text', String.raw`"\ud800"`, '/value', /half of a surrogate pair/],
  ['text', String.raw`"\udc00\ud800"`, '/value', /half of a surrogate pair/],
  ['enum', '"team"', '/value', /must be one of "free", "pro"/],
  ['uuid', '"0b9ad5d3"', '/value', /must be a UUID/],
  ['integer', '1.5', '/value', /must be an integer/],
  ['integer', '"1"', '/value', /must be an integer/],
  ['integer', '9007199254740992', '/value', /must be at most 9007199254740991/],
  ['integer', '1e400', '/value', /integer|at most/],
  ['small', '256', '/value', /must be at most 255/],
  ['number', '1e400', '/value', /must be a finite number/],
  ['number', '"NaN"', '/value', /must be a finite number/],
  ['decimal', '1.5', '/value', /must be text with a decimal number of at most 6 digits, 2 of them/],
  ['decimal', '"1.234"', '/value', /decimal number/],
  ['decimal', '"12345.6"', '/value', /decimal number/],
  ['decimal', '"NaN"', '/value', /decimal number/],
  ['decimal', '"1e2"', '/value', /decimal number/],
  ['decimal', '"+1"', '/value', /decimal number/],
  ['decimal', '" 1"', '/value', /decimal number/],
  ['fraction', '"1"', '/value', /decimal number/],
  ['boolean', '1', '/value', /must be true or false/],
  ['time', '"2026-11-26T05:00:00Z"', '/value', /must be a time that exists/],
  ['second', '"2026-11-26T05:00:00.123Z"', '/value', /must be a time that exists, in the form 2026-11-26T05:00:00Z$/],
  ['time', '"2026-02-30T05:00:00.000Z"', '/value', /must be a time that exists/],
  ['time', '"2026-11-26T05:00:00.000+01:00"', '/value', /must be a time that exists/],
  ['time', '"0999-12-31T23:59:59.999Z"', '/value', /year 1000/],
  ['offset', '"2026-11-26T05:00:00.1234Z"', '/value', /at most 3 digits/],
  ['offset', '"2026-11-26T05:00:00"', '/value', /must be a time that exists/],
  ['offset', '"9999-12-31T23:59:59.999-00:01"', '/value', /year 9999/],
  ['json', 'null', '/value', /must not be null/],
  ['json', '['.repeat(25) + ']'.repeat(25), `/value${'/0'.repeat(24)}`, /^is below 24 levels of lists and objects/],
  ['json', '[1e400]', '/value/0', /^must be a finite number$/],
  ['json', '{"a": [0, 12345678901234567890]}', '/value/a/1', /digits would be lost/],
  ['json', String.raw`{"\ud800": 1}`, '/value', /^has a name that has half of a surrogate pair/],
  ['json', JSON.stringify([{ [`ü${'x'.repeat(65_534)}`]: 1 }]), '/value/0', /name of more than 65535 bytes/],
  ['json', String.raw`["\ud800"]`, '/value/0', /^has half of a surrogate pair/],
  ['json', `{"~/${'x'.repeat(70)}": 1e400}`, `/value/~0~1${'x'.repeat(62)}`, /finite/],
  ['object', '{"a": "1"}', '/value/a', /^must be an integer/],
  ['object', '{}', '/value', /^must have the member "a"$/],
  ['object', '[]', '/value', /^must be an object$/],
  ['list', '["a", 1]', '/value/1', /^must be text$/],
  ['sizes', '{"abcdef": 1}', '/value', /^has the name "abcdef", which must have at most 5 characters$/],
  ['sizes', `{"a": 1, "${'x'.repeat(70)}": 1}`, '/value', /^has the name "x{64}", which must/],
  ['sizes', '{"a/b": "1"}', '/value/a~1b', /^must be an integer/],
  ['sizes', String.raw`{"\ud800": "1"}`, '/value/\ufffd', /^must be an integer/],
  ['choices', '{"a": 1, "b": 1, "c": 1}', '/value', /^has the name "c", which must be one of "a", "b"$/],
  ['choices', '{"a": 1}', '/value', /^must have the member "b"$/],
  ['few', '[]', '/value', /^must have at least 1 items$/],
  ['few', '[1, 2, 3]', '/value', /^must have at most 2 items$/],
  ['tens', '5', '/value', /^must be a multiple of 10$/],
  ['between', '0', '/value', /^must be more than 0$/],
  ['between', '1', '/value', /^must be less than 1$/],
  ['strict', '{"a": 1, "b": 1}', '/value', /^must not have the member "b"$/],
  ['pair', '[1, "a", 2]', '/value', /^must have at most 2 items$/],
  ['either', '["a", 1, true]', '/value/2', /^must be text or must be an integer within ±9007199254740991$/],
  ['nullable', '{"inner": {"a": "1"}}', '/value/inner/a', /^must be an integer/],
  ['nullable', '{"inner": 1}', '/value/inner', /^must be an object or must be null$/],
  ['nullable', '{"text": 1}', '/value/text', /^must be text or null$/],
  ['kinds', '{"of": {"kind": "a", "size": "1"}}', '/value/of/size', /^must be an integer/],
  ['kinds', '{"of": {"kind": "c", "name": "", "size": 1}}', '/value/of', /^must have one of the forms that its decl/],
  ['numbers', '[1e400]', '/value/0', /finite number/],
  ['nothing', '{"a": 1}', '/value/a', /^must not be there$/],
  ['email', '"a"', '/value', /^must have the format email$/],
  ['address', '"a"', '/value', /^must have the format uri$/],
  ['code', '"a"', '/value', /^must match the pattern \^\[A-Z\]\+\$$/],
  ['contact', '{"mail": "a"}', '/value/mail', /^must have the format email$/],
  ['contact', '{"seen": "2026-02-30"}', '/value/seen', /^must have the format date$/],
  ['contact', '{"ip": "1.2.3"}', '/value/ip', /^must have the format ipv4$/],
  ['contact', '{"id": "a"}', '/value/id', /^must have the format uuid$/],
];

for (const [type, sent, pointer, detail] of refused) {
  test(`${type}: ${sent.slice(0, 60)} is refused`, () => {
    const checked = checkOf(type)({ value: JSON.parse(sent) });
    assert.ok('faults' in checked, JSON.stringify(checked));
    const [fault, ...more] = checked.faults;
    assert.equal(fault?.pointer, pointer);
    assert.match(fault.detail, detail);
    assert.deepEqual(more, []);
  });
}

test('each fault of a row is named: what is missing, and what is no column', () => {
  const [table] = readTables([defineTable('one', { a: z.int(), b: z.int().optional(), c: z.int() })]);
  assert.ok(table !== undefined);
  const check = createRowCheck(table);
  assert.deepEqual(check({ c: 'x', 'd/e~': 1, ['__proto__x']: 2 }), {
    faults: [
      { pointer: '/a', detail: 'is missing' },
      { pointer: '/c', detail: 'must be an integer within ±9007199254740991' },
      { pointer: '/d~1e~0', detail: 'is no column of one' },
      { pointer: '/__proto__x', detail: 'is no column of one' },
    ],
  });
  assert.deepEqual(check(JSON.parse('{"a":1,"c":2,"__proto__":3}')), {
    faults: [{ pointer: '/__proto__', detail: 'is no column of one' }],
  });
  assert.deepEqual(check({ a: 1, b: null, c: 2 }), { row: '[1,null,2]' });
  assert.deepEqual(check({ a: 1, c: 2 }), { row: '[1,null,2]' });
  for (const value of [null, [], 'text', 1]) assert.ok('faults' in check(value));
});

test('a row that is larger than an entry may be is refused', () => {
  const check = checkOf('json');
  assert.ok('row' in check({ value: 'a'.repeat(1_048_000) }));
  const checked = check({ value: 'ü'.repeat(524_300) });
  assert.ok('faults' in checked);
  assert.match(checked.faults[0]?.detail ?? '', /takes more than 1048576 bytes/);
});

test('the example of a table passes its check, or there is none', () => {
  const [all, without] = readTables([
    defineTable('every_type', Object.fromEntries(Object.entries(types).map(([name, type]) => [`${name}_value`, type]))),
    defineTable('no_example', {
      code: z
        .string()
        .max(9)
        .regex(/^[A-Z]{3}-\d$/),
    }),
  ]);
  assert.ok(all !== undefined && without !== undefined);
  // No value can be made for an object with members of its own, nor for a format.
  const unmade = new Set(
    ['object', 'email', 'address', 'code', 'choices', 'few', 'tens', 'between', 'strict', 'pair', 'kinds'].map(
      (name) => `${name}_value`,
    ),
  );
  const columns = all.columns.filter(({ name }) => !unmade.has(name));
  const names = columns.map(({ name }) => name);
  assert.deepEqual(Object.keys(exampleOf({ ...all, columns }) ?? {}), names);
  assert.equal(exampleOf(all), undefined);
  assert.equal(exampleOf(without), undefined);
});
