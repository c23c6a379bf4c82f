import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestSchema } from '@sluice/test-servers/ledger.ts';
import { migrate } from './migrate.ts';

test('migrations are applied once, in the order of their names', async (t) => {
  const { settings, query } = await createTestSchema(t);
  assert.deepEqual(await migrate(settings), ['001-count.sql', '002-inbox.sql', '003-totals.sql']);
  assert.deepEqual(await migrate(settings), []);
  const tables = await query('SHOW TABLES');
  assert.deepEqual(tables.flatMap((row) => Object.values(row)).toSorted(), ['count', 'inbox', 'migrations', 'totals']);
});

test('a database that is missing is made', async (t) => {
  const { settings, query } = await createTestSchema(t);
  await query('DROP DATABASE ??', [settings.database]);
  assert.equal((await migrate(settings)).length, 3);
});

test('of two that run at once one applies them and the other finds nothing to do', async (t) => {
  const { settings } = await createTestSchema(t);
  const applied = await Promise.all([migrate(settings), migrate(settings)]);
  assert.deepEqual(applied.map(({ length }) => length).toSorted(), [0, 3]);
});

test('a migration that was changed after it was applied is refused by name', async (t) => {
  const { settings, query } = await createTestSchema(t);
  await migrate(settings);
  await query("UPDATE migrations SET checksum = 'another' WHERE name = '002-inbox.sql'");
  await assert.rejects(migrate(settings), { code: 'MIGRATION_CHANGED', message: /002-inbox\.sql/ });
});

test('a set-up that was broken off goes on where it stopped', async (t) => {
  const { settings, query } = await createTestSchema(t);
  await migrate(settings);
  // As if it had been killed between a statement and the note of it.
  await query("DELETE FROM migrations WHERE name <> '001-count.sql'");
  assert.deepEqual(await migrate(settings), ['002-inbox.sql', '003-totals.sql']);
});
