import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createTestSchema } from '@sluice/test-servers/ledger.ts';
import { migrate } from './migrate.ts';

const files = [
  '001-count.sql',
  '002-inbox.sql',
  '003-totals.sql',
  '004-imports.sql',
  '005-identity.sql',
  '006-table-totals.sql',
  '007-begun-rules.sql',
];

test('migrations are applied once, in the order of their names', async (t) => {
  const { settings, query } = await createTestSchema(t);
  assert.deepEqual(await migrate(settings), { applied: files, newer: [] });
  const readId = async () => String((await query('SELECT HEX(database_id) AS id FROM identity'))[0]?.['id']);
  const id = await readId();
  assert.match(id, /^[0-9A-F]{32}$/);
  assert.deepEqual(await migrate(settings), { applied: [], newer: [] });
  assert.equal(await readId(), id);
  const tables = await query('SHOW TABLES');
  assert.deepEqual(tables.flatMap((row) => Object.values(row).map(String)).toSorted(), [
    'begun_rules',
    'count',
    'identity',
    'imports',
    'inbox',
    'migrations',
    'table_totals',
    'totals',
  ]);
});

test('a missing database is created', async (t) => {
  const { settings, query } = await createTestSchema(t);
  await query('DROP DATABASE ??', [settings.database]);
  assert.deepEqual((await migrate(settings)).applied, files);
});

test('of two concurrent set-ups one applies the migrations and the other finds nothing to do', async (t) => {
  const { settings } = await createTestSchema(t);
  const applied = await Promise.all([migrate(settings), migrate(settings)]);
  assert.deepEqual(
    applied.map((result) => result.applied.length).toSorted((a, b) => a - b),
    [0, files.length],
  );
});

test('a migration that changed after it was applied is refused by name', async (t) => {
  const { settings, query } = await createTestSchema(t);
  await migrate(settings);
  await query("UPDATE migrations SET checksum = 'another' WHERE name = '002-inbox.sql'");
  await assert.rejects(migrate(settings), { code: 'MIGRATION_CHANGED', message: /002-inbox\.sql/ });
});

test('an interrupted set-up continues where it stopped', async (t) => {
  const { settings, query } = await createTestSchema(t);
  await migrate(settings);
  // Simulates a kill between a statement and its record in `migrations`.
  await query("DELETE FROM migrations WHERE name <> '001-count.sql'");
  assert.deepEqual((await migrate(settings)).applied, files.slice(1));
});

test('an applied migration that is missing is refused by name, before anything changes', async (t) => {
  const { settings, query } = await createTestSchema(t);
  await migrate(settings);
  await query("INSERT INTO migrations (name, checksum) VALUES ('002-gone.sql', 'any')");
  await query("DELETE FROM migrations WHERE name = '004-imports.sql'");
  await query('DROP TABLE imports');
  await assert.rejects(migrate(settings), { code: 'MIGRATION_MISSING', message: /002-gone\.sql/ });
  assert.deepEqual(await query("SHOW TABLES LIKE 'imports'"), []);
});

test('the previous release runs on a database migrated by a newer one, and returns the newer migrations', async (t) => {
  const { settings, query } = await createTestSchema(t);
  await migrate(settings);
  await query("INSERT INTO migrations (name, checksum) VALUES ('999-later.sql', 'any')");
  assert.deepEqual(await migrate(settings), { applied: [], newer: ['999-later.sql'] });
});

test('a set-up that waits too long for another one says so', async (t) => {
  const { settings, query } = await createTestSchema(t);
  await migrate(settings);
  const name = `sluice:${createHash('sha256').update(settings.database).digest('hex').slice(0, 32)}`;
  await query('DO GET_LOCK(?, 0)', [name]);
  await assert.rejects(migrate(settings, { lockWaitSeconds: 1 }), {
    code: 'MIGRATION_LOCKED',
    message: /Another migration/,
  });
  await query('DO RELEASE_LOCK(?)', [name]);
  await migrate(settings, { lockWaitSeconds: 1 });
});

test('a set-up that has nothing to do waits for no transaction', async (t) => {
  const { settings, transaction } = await createTestSchema(t);
  await migrate(settings);
  await transaction(async (query) => {
    await query('SELECT * FROM `count`', []);
    assert.deepEqual(await migrate(settings), { applied: [], newer: [] });
  });
});
