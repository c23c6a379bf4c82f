import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRow, faultsOf, fieldsOf, timeFor, type Field } from './row-form.ts';

const optional = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const column = (name: string, type: string, isOptional = false) => ({ name, type, optional: isOptional });

const fields = fieldsOf({
  table: 'page_view',
  columns: [
    column('visitor', 'CHAR(36) CHARACTER SET ascii'),
    column('constructor', 'VARCHAR(200)'),
    column('notes', 'VARCHAR(2000)', true),
    column('clicks', 'BIGINT'),
    column('price', 'DECIMAL(12, 4)', true),
    column('viewed_at', 'DATETIME(3)'),
    column('plan', 'VARCHAR(4)', true),
    column('source', 'VARCHAR(3)'),
    column('is_new', 'BOOLEAN'),
    column('properties', 'JSON', true),
  ],
  schema: {
    type: 'object',
    properties: {
      visitor: { type: 'string', format: 'uuid' },
      constructor: { type: 'string', maxLength: 200 },
      notes: optional({ type: 'string', maxLength: 2000 }),
      clicks: { type: 'integer' },
      price: optional({ type: 'string', format: 'decimal', digits: 12, scale: 4 }),
      viewed_at: { type: 'string', format: 'date-time', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
      plan: optional({ type: 'string', enum: ['free', 'pro'] }),
      source: { type: 'string', const: 'web' },
      is_new: { type: 'boolean' },
      properties: optional({}),
    },
  },
});

const encode = (texts: Readonly<Record<string, string>>) => encodeRow(fields, new Map(Object.entries(texts)));
const problem = (...errors: { pointer: string; detail: string }[]) =>
  ({
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    code: 'invalid_request',
    detail: 'The body is invalid.',
    errors,
  }) as const;

test('each column has a field of its kind, in the order of the columns', () => {
  assert.deepEqual(
    fields.map(({ name, kind, values, hint, isOptional }) => [name, kind, values, hint, isOptional]),
    [
      ['visitor', 'uuid', [], 'UUID', false],
      ['constructor', 'text', [], 'at most 200 characters', false],
      ['notes', 'long', [], 'at most 2000 characters', true],
      ['clicks', 'number', [], 'integer', false],
      ['price', 'text', [], 'decimal, 12 digits, 4 behind the point', true],
      ['viewed_at', 'time', [], 'time with offset', false],
      ['plan', 'choice', ['free', 'pro'], '', true],
      ['source', 'choice', ['web'], '', false],
      ['is_new', 'choice', ['true', 'false'], '', false],
      ['properties', 'json', [], 'JSON', true],
    ],
  );
});

test('a row has the typed values, exactly, without the empty fields', () => {
  const typed = {
    constructor: ' a "b" ',
    clicks: ' 9007199254740992 ',
    price: '0.10',
    plan: 'pro',
    is_new: 'false',
    properties: ' {"a": [1e2]} ',
    notes: '',
  };
  assert.deepEqual(encode(typed), {
    row: '{"constructor":" a \\"b\\" ","clicks":9007199254740992,"price":"0.10","plan":"pro","is_new":false,"properties":{"a": [1e2]}}',
  });
  assert.deepEqual(encode({}), { row: '{}' });
});

test('what is no number is sent as text, so that the API says what is wrong', () => {
  for (const text of ['1,5', '0x10', 'NaN', '01', '.5']) {
    assert.deepEqual(encode({ clicks: text }), { row: JSON.stringify({ clicks: text }) });
  }
});

for (const [name, text, kept] of [
  ['clicks', '9007199254740993', '9007199254740992'],
  ['clicks', '9007199254740991.4', '9007199254740991'],
  ['clicks', '1.0000000000000001', '1'],
  ['clicks', '0.10000000000000000555', '0.1'],
  ['clicks', '1e-400', '0'],
  ['properties', '{"a": ["1.0000000000000001", 1, -12345678901234567890]}', '-12345678901234567000'],
] as const) {
  test(`${text} has digits that would be lost, so it is a fault of its field`, () => {
    const encoded = encode({ [name]: text });
    assert.ok('faults' in encoded);
    assert.match(
      encoded.faults.get(name) ?? '',
      new RegExp(`^${name} has a number .*: ${kept} would be recorded for `),
    );
  });
}

test('a number that a double holds is sent as it was typed', () => {
  for (const text of ['0.1', '1e2', '-0', '0.0', '100', '1.50', '5e-324', '1E+21', '0.30000000000000004', '1e400']) {
    assert.deepEqual(encode({ clicks: text, properties: `["\\"1.0000000000000001", ${text}]` }), {
      row: `{"clicks":${text},"properties":["\\"1.0000000000000001", ${text}]}`,
    });
  }
});

test('what is no JSON is a fault of its field', () => {
  const encoded = encode({ clicks: '1', properties: '{a: 1}' });
  assert.ok('faults' in encoded);
  assert.deepEqual([...encoded.faults.keys()], ['properties']);
});

test('faults of a problem belong to their fields, the first of each', () => {
  const faults = faultsOf(
    problem(
      { pointer: '#/clicks', detail: 'must be an integer' },
      { pointer: '#/properties/a~1b/%C3%BC', detail: 'is invalid' },
      { pointer: '#/clicks', detail: 'is something else' },
    ),
    fields,
  );
  assert.deepEqual(
    [...faults],
    [
      ['clicks', 'clicks must be an integer.'],
      ['properties', 'properties/a/b/ü is invalid.'],
    ],
  );
});

test('a problem with a fault outside the fields is shown as a whole', () => {
  for (const pointer of ['#', '#/unknown', 'header:Idempotency-Key', '#/%']) {
    const found = faultsOf(problem({ pointer: '#/clicks', detail: 'is missing' }, { pointer, detail: 'no' }), fields);
    assert.equal(found.size, 0, pointer);
  }
});

test('a time has the form that the pattern of its column asks for', () => {
  const now = new Date('2026-11-27T06:45:01.234Z');
  const named = (name: string): Field => fields.find((field) => field.name === name) ?? assert.fail();
  assert.equal(timeFor(named('viewed_at'), now), '2026-11-27T06:45:01Z');
  assert.equal(timeFor({ ...named('viewed_at'), pattern: undefined }, now), '2026-11-27T06:45:01.234Z');
});
