import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineTable } from '@sluice/table/define-table.ts';
import { readTables } from '@sluice/table/read-tables.ts';
import { addColumnSqlOf, createTableSqlOf, modifyColumnSqlOf } from '@sluice/table/sql.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import { createTestSchema } from '@sluice/test-servers/ledger.ts';
import * as z from 'zod';

const [table] = readTables([defineTable('word', { text: z.string().max(9), token: z.uuid().optional() })]);
if (table === undefined) throw new Error('There is no table');
const stored = storedTableOf(table);

// Equal in one of the default collations: case, accents, width, and all characters without a weight.
const words = ['a', 'A', 'á', 'ａ', 'ß', 'ss', '🎉', '😀', 'e\u0301', 'é', '', '\u0000', 'I', 'ı'];

/** The columns that the migrations of a table make: with it, later, and by a change. */
const columns = ['text', 'added', 'grown'];

test('a UNIQUE, GROUP BY and WHERE of text compare it as it was sent', async (t) => {
  const { query } = await createTestSchema(t);
  await query(createTableSqlOf(stored));
  for (const name of ['added', 'grown']) {
    await query(addColumnSqlOf('word', { name, sqlType: 'VARCHAR(9)', isOptional: true }));
  }
  await query(modifyColumnSqlOf('word', { name: 'grown', sqlType: 'VARCHAR(20)', isOptional: true }));
  for (const name of columns) await query(`CREATE UNIQUE INDEX by_${name} ON word (${name})`);
  await query('INSERT INTO word (text, added, grown) VALUES ?', [words.map((word) => [word, word, word])]);
  for (const name of columns) {
    const groups = await query(`SELECT ${name} AS word, COUNT(*) AS rows_count FROM word GROUP BY ${name}`);
    assert.deepEqual(new Set(groups.map(({ word }) => word)), new Set(words), name);
    for (const word of words) {
      const found = await query(`SELECT ${name} AS word FROM word WHERE ${name} = ?`, [word]);
      assert.deepEqual(found, [{ word }], name);
    }
  }
  await query("INSERT INTO word (text, token) VALUES ('uuid', '0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47')");
  const byToken = "SELECT text FROM word WHERE token = '0B9AD5D3-7C5F-4D0E-9B1C-2F6A3F1E8D47'";
  assert.deepEqual(await query(byToken), [{ text: 'uuid' }]);
  // PAD SPACE, which the guide names.
  await assert.rejects(query("INSERT INTO word (text) VALUES ('a ')"), { errno: 1062 });
});
