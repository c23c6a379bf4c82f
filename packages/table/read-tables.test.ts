import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { sqlTypeOf } from './column-type.ts';
import { decimal, defineTable } from './define-table.ts';
import { readTables } from './read-tables.ts';
import { createTableSqlOf } from './sql.ts';
import { storedTableOf } from './stored-table.ts';

const sqlTypes: Readonly<Record<string, readonly [z.ZodType, string]>> = {
  text: [z.string().max(2048), 'VARCHAR(2048)'],
  'text with a pattern': [
    z
      .string()
      .max(9)
      .regex(/^[a-z]+$/),
    'VARCHAR(9)',
  ],
  'text with a format': [z.email().max(200), 'VARCHAR(200)'],
  'text of a fixed length': [z.string().length(2), 'VARCHAR(2)'],
  'one of several': [z.enum(['free', 'team', '😀😀']), 'VARCHAR(4)'],
  'a literal': [z.literal('yes'), 'VARCHAR(3)'],
  uuid: [z.uuid(), 'CHAR(36) CHARACTER SET ascii'],
  integer: [z.int(), 'BIGINT'],
  'integer of a range': [z.int().min(0).max(255), 'BIGINT'],
  'one integer': [z.int().gt(4).lt(6).min(5).max(5), 'BIGINT'],
  'one number': [z.number().min(0.5).max(0.5), 'DOUBLE'],
  'halves of ten': [z.number().multipleOf(0.5).multipleOf(10), 'DOUBLE'],
  number: [z.number(), 'DOUBLE'],
  decimal: [decimal(12, 4), 'DECIMAL(12, 4)'],
  boolean: [z.boolean(), 'BOOLEAN'],
  time: [z.iso.datetime({ precision: 3 }), 'DATETIME(3)'],
  'time with an offset': [z.iso.datetime({ offset: true }), 'DATETIME(3)'],
  'any JSON': [z.json(), 'JSON'],
  unknown: [z.unknown(), 'JSON'],
  object: [z.object({ a: z.json(), b: z.array(z.string()) }), 'JSON'],
  list: [z.array(z.number()), 'JSON'],
  record: [z.record(z.string(), z.boolean()), 'JSON'],
  'one of several that is the name of a reference': [z.enum(['$ref', 'a']), 'VARCHAR(4)'],
  'an object with a time without an offset': [z.object({ at: z.iso.datetime({ local: true }) }), 'JSON'],
  'with a description': [z.int().meta({ description: 'A number.', examples: [5] }), 'BIGINT'],
};

for (const [name, [schema, sqlType]] of Object.entries(sqlTypes)) {
  test(`a column of ${name} is ${sqlType}, and optional as NULL`, () => {
    const [table] = readTables([
      defineTable('one', { required: schema, optional: schema.optional(), nullish: schema.nullish() }),
    ]);
    assert.deepEqual(
      table?.columns.map(({ type, isOptional }) => [sqlTypeOf(type), isOptional]),
      [
        [sqlType, false],
        [sqlType, true],
        [sqlType, true],
      ],
    );
  });
}

const refused: Readonly<Record<string, readonly [z.ZodType, RegExp]>> = {
  'text without a limit': [z.string(), /without a limit; add \.max\(n\)/],
  'a URL without a limit': [z.url(), /without a limit/],
  'text of too many characters': [z.string().max(20_000), /limit of 20000 characters/],
  'a union': [z.union([z.string().max(4), z.number()]), /several types/],
  'numbers among texts': [z.literal(['a', 1]), /several types/],
  'a date': [z.date(), /the type Date, which JSON does not have; write z\.iso\.datetime\(\{ precision: 3 \}\)/],
  'a big integer': [z.bigint(), /the type BigInt, .*; write z\.int\(\), or decimal\(digits, 0\) for more digits/],
  'a literal of a big integer': [z.literal(5n), /the type BigInt, .*; write z\.int\(\)/],
  'a map': [z.map(z.string(), z.int()), /the type Map, .*; write z\.record\(…\)/],
  'a set': [z.set(z.int()), /the type Set, .*; write z\.array\(…\)/],
  'an instance of a class': [z.instanceof(URL), /values that JSON does not have .*; write a type of JSON, or z\.json/],
  'a transformation': [
    z.string().max(3).transform(Number),
    /changes its values .*; declare the type that clients send/,
  ],
  'text for booleans': [z.stringbool(), /changes its values .*, for example z\.boolean\(\)/],
  'trimmed text': [
    z.string().trim().max(3),
    /changes its values \(such as \.trim\), .*; remove it, and change values before you send them/,
  ],
  'a minimum above the maximum': [z.number().min(5).max(1), /has a minimum above its maximum, .*; correct them/],
  'a minimum that the limit excludes': [z.number().min(5).lt(5), /has a minimum above its maximum/],
  'a limit that the maximum excludes': [z.number().gt(5).max(5), /has a minimum above its maximum/],
  'limits without a number between': [z.number().gt(5).lt(5), /has a minimum above its maximum/],
  'limits without an integer between': [z.int().gt(5).lt(6), /has a minimum above its maximum/],
  'an integer above all': [z.int().min(9_007_199_254_740_992), /has a minimum above its maximum/],
  'text with a minimum above its maximum': [z.string().min(9).max(3), /has a minimum above its maximum/],
  'JSON without a value': [z.object({ a: z.array(z.int()).min(2).max(1) }), /has a minimum above its maximum/],
  'steps that doubles do not have': [
    z.number().multipleOf(0.01),
    /has steps of 0\.01, which doubles do not have exactly; write decimal\(digits, 2\) in place of \.multipleOf/,
  ],
  'tiny steps in JSON': [
    z.array(z.number().multipleOf(2).multipleOf(1e-7)),
    /has steps of 1e-7, .*; write decimal\(digits, 7\)/,
  ],
  'a coerced number': [z.coerce.number(), /coerces its values/],
  'a default': [z.int().default(1), /has a default; write \.optional\(\)/],
  'a check of its own': [z.int().refine((value) => value !== 3), /check of its own/],
  'a pattern with flags': [z.string().max(3).regex(/^a$/i), /pattern with flags/],
  'a check within JSON': [z.object({ a: z.string().refine((value) => value !== '') }), /check of its own/],
  'a pattern of another dialect': [
    z
      .string()
      .max(9)
      .regex(/^[\w-.]+$/),
    /cannot be checked: .*; write another rule/,
  ],
  'a format that only code checks': [z.jwt().max(50), /format jwt, which only code of its own checks/],
  'a time of microseconds': [z.iso.datetime({ precision: 6 }), /another precision than the milliseconds/],
  'text of a fraction of a character': [z.string().max(1.5), /limit of 1\.5 characters/],
  'a lazy schema': [z.lazy(() => z.int()), /is lazy; write z\.json\(\)/],
  null: [z.null(), /takes only null; declare the type of its values, with \.optional\(\)/],
  'the literal null': [z.literal(null), /takes only null/],
  'no value': [z.never(), /takes no value/],
  'a type or null': [z.union([z.int(), z.null()]), /several types; declare one type, with \.optional\(\) for null/],
  'a schema with an id': [z.int().meta({ id: 'size' }), /has an id \("size"\); remove it from \.meta\(\)/],
  'any JSON with an id': [z.json().meta({ id: 'any' }), /has an id \("any"\)/],
  'JSON with an id in it': [z.object({ a: z.string().meta({ id: 'inner' }) }), /has an id \("inner"\)/],
  'an object with a reference as a member': [
    z.object({ a: z.object({ $ref: z.string() }) }),
    /has a member \$ref, .*; write z\.json\(\)/,
  ],
  'a reference': [z.int().meta({ $ref: '#' }), /refers to itself or to another schema; write z\.json\(\)/],
  'a time without an offset': [
    z.iso.datetime({ local: true }),
    /is a time without an offset or without seconds; write z\.iso\.datetime\(\{ precision: 3, offset: true \}\)/,
  ],
  'a time that may have an offset': [z.iso.datetime({ local: true, offset: true, precision: 3 }), /without an offset/],
  'a time of minutes': [z.iso.datetime({ precision: -1 }), /without seconds/],
  'a template literal': [z.templateLiteral(['a', z.int()]), /template literal, .*; write z\.string\(\)\.max\(n\)/],
  'a decimal of too many digits': [decimal(66, 2), /no DECIMAL of MySQL/],
  'a decimal with more behind the point than digits': [decimal(2, 3), /no DECIMAL of MySQL/],
};

for (const [name, [schema, reason]] of Object.entries(refused)) {
  test(`${name} cannot be a column`, () => {
    assert.throws(() => readTables([defineTable('one', { wrong: schema })]), {
      code: 'TABLES_INVALID',
      message: new RegExp(
        `^The tables are not valid:\\n .*/read-tables\\.test\\.ts:\\d+: one\\.wrong .*${reason.source}.*$`,
      ),
    });
  });
}

test('all faults are named together, each with its file, its line and its column', () => {
  const declarations = [
    defineTable('pageView', { id: z.int(), path: z.string() }),
    defineTable('inbox', {}),
    defineTable('select', { order: z.int() }),
    defineTable('fine', { a: z.int() }),
    defineTable('fine', { a: z.string().max(16_000), b: z.string().max(16_000) }),
  ];
  assert.throws(
    () => readTables(declarations),
    ({ message }: Error) => {
      for (const part of [
        /read-tables\.test\.ts:\d+: table "pageView" must be in snake_case/,
        /read-tables\.test\.ts:\d+: pageView\.id is a name of Sluice; take another\./,
        /pageView\.path is text without a limit/,
        /table "inbox" is a name of Sluice/,
        /table inbox has no columns/,
        /table "select" is a reserved word of MySQL/,
        /select\.order is a reserved word of MySQL; take another, for example order_value/,
        /table fine is declared in .*read-tables\.test\.ts:\d+ too/,
        /table fine may have rows of 128004 bytes, and MySQL stores at most 65000/,
      ]) {
        assert.match(message, part);
      }
      assert.equal(message.split('\n').length, 10);
      return true;
    },
  );
});

test('an entry of the list that is no table is a fault, and a read-only column may be optional', () => {
  const list: Parameters<typeof readTables>[0] = JSON.parse('[null, {}, {"name": 5, "shape": {}}]');
  assert.throws(() => readTables(list), /Entry 1 of the list(?:.|\n)*Entry 2 of(?:.|\n)*Entry 3 of/);
  const [table] = readTables([defineTable('one', { a: z.int().optional().readonly(), b: z.int().readonly() })]);
  assert.deepEqual(
    table?.columns.map(({ isOptional }) => isOptional),
    [true, false],
  );
});

test('columns that are no object, or that JavaScript takes for a prototype, are faults next to the others', () => {
  const shapes = [null, undefined, 5, [z.int()], z.object({ a: z.int() })] as unknown as Record<string, z.ZodType>[];
  const declarations = [
    ...shapes.map((shape, index) => defineTable(`one_${index}`, shape)),
    defineTable('two', { __proto__: z.int(), a: z.int() }),
    defineTable('three', JSON.parse('{"__proto__": 1}')),
    defineTable(JSON.parse('null'), { a: z.int() }),
    defineTable('last', { at: z.iso.datetime().meta({ pattern: '(' }), path: z.string() }),
  ];
  assert.throws(
    () => readTables(declarations),
    ({ message }: Error) => {
      const [, ...lines] = message.split('\n');
      assert.equal(lines.length, 11, message);
      for (const line of lines) assert.match(line, /^ {2}\/.*\/read-tables\.test\.ts:\d+: /);
      for (const index of [0, 1, 2, 3]) assert.match(message, new RegExp(`table one_${index} has no columns; declare`));
      assert.match(message, /table one_4 has columns that are no plain object/);
      assert.match(message, /table two has columns that are no plain object, or one with the name __proto__/);
      assert.match(message, /three\.__proto__ must be in snake_case/);
      assert.match(message, /table null must be in snake_case/);
      assert.match(message, /last\.at cannot be read: .*; write another rule/);
      assert.match(message, /last\.path is text without a limit/);
      return true;
    },
  );
});

test('a column that is no schema is a fault, and no crash', () => {
  const shape: Record<string, z.ZodType> = JSON.parse('{"a": "text", "b": null}');
  assert.throws(
    () => readTables([defineTable('one', shape)]),
    /one\.a is no schema of zod(?:.|\n)*one\.b is no schema/,
  );
});

test('the statement that creates a table has every column', () => {
  const [table] = readTables([defineTable('vote', { choice: z.string().max(20), weight: z.int().optional() })]);
  assert.ok(table !== undefined);
  assert.equal(
    createTableSqlOf(storedTableOf(table)),
    'CREATE TABLE IF NOT EXISTS `vote` (\n' +
      '  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,\n' +
      '  `choice` VARCHAR(20) NOT NULL,\n' +
      '  `weight` BIGINT NULL,\n' +
      '  recorded_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),\n' +
      '  PRIMARY KEY (id)\n' +
      ') ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  );
});
