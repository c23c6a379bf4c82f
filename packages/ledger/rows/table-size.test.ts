import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal, defineTable } from '@sluice/table/define-table.ts';
import { readTables } from '@sluice/table/read-tables.ts';
import { createTableSqlOf } from '@sluice/table/sql.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import { createTestSchema } from '@sluice/test-servers/ledger.ts';
import * as z from 'zod';

const tableOf = (schema: z.ZodType, columns: number) =>
  readTables([
    defineTable('wide', Object.fromEntries(Array.from({ length: columns }, (_, index) => [`c${index}`, schema]))),
  ]);

for (const [what, schema, columns, reason] of [
  ['texts of 20 characters', z.string().max(20), 99, /may need 8100 bytes of a page, .* 8094 .* more than 63/],
  ['texts of 63 characters', z.string().max(63), 31, /may need 8096 bytes of a page/],
  ['texts of 64 characters', z.string().max(64), 197, /may need 8118 bytes of a page/],
  ['texts of 200 characters', z.string().max(200), 81, /may have rows of 65764 bytes, and MySQL stores at most 65000/],
  [
    'optional JSON',
    z.json().optional(),
    196,
    /may need 8102 bytes of a page, .*; put some columns into one z\.json\(\)/,
  ],
  ['UUIDs', z.uuid(), 200, /has 201 columns, more than 200; put some into one z\.json\(\)/],
  ['optional decimals', decimal(65, 30).optional(), 200, /has 201 columns/],
] as const) {
  test(`a table of ${columns} ${what} can be created, and one more is a fault of its declaration`, async (t) => {
    const { query } = await createTestSchema(t);
    for (const table of tableOf(schema, columns)) await query(createTableSqlOf(storedTableOf(table)));
    assert.throws(() => tableOf(schema, columns + 1), { code: 'TABLES_INVALID', message: reason });
  });
}
