import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { createRowCheck } from '@sluice/table/check-row.ts';
import { readTables } from '@sluice/table/read-tables.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import { createTestSchema } from '@sluice/test-servers/ledger.ts';
import { migrationsOfTests, tables as declarations } from '@sluice/test-servers/tables.ts';
import { connectLedger } from '../connection/connection.ts';
import type { Login } from '../connection/login.ts';
import { migrate } from '../migrate.ts';
import { purgeInbox } from '../purge-inbox.ts';
import { readPage } from '../read-page.ts';
import { readTotal } from '../read-total.ts';
import { recordBatches } from '../record.ts';
import { readRows, readTableTotal } from '../rows/read-rows.ts';
import { claimSplit, recordRows } from '../rows/record-rows.ts';
import { inSession } from '../connection/session.ts';
import { setUpMigrator, setUpServiceUsers } from './users.ts';
import { verifyTotals } from '../verify-totals.ts';

const recordSettings = { shard: 1, inboxHours: 1, deadlineMs: 5_000 };
const batch = { batchId: 'ab'.repeat(16), list: '1,2', size: 2, isKeyed: false };
const tables = readTables(declarations);
// A row of each table.
const rows = [
  {
    ...{ visitor: '0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47', path: '/', duration_ms: 1, clicks: 1, price: '1.5' },
    ...{ viewed_at: '2026-11-26T05:00:00.123Z', plan: 'pro', is_new: true, properties: {} },
  },
  { sensor: 'a', celsius: 1.5 },
  { choice: 'yes', weight: 1 },
];
// MySQL's errors for a statement, a database or a column that is not allowed.
const denied = new Set([1044, 1045, 1142, 1143, 1227, 1370]);

/** Sets up a schema with users of its own. */
const setUp = async (t: TestContext) => {
  const { settings, query } = await createTestSchema(t);
  const suffix = randomBytes(4).toString('hex');
  const userOf = (role: string): Login => ({ username: `${role}_${suffix}`, password: `it's "${role}" \\ ; %_` });
  const users = { migrator: userOf('migrator'), producer: userOf('producer'), consumer: userOf('consumer') };
  t.after(() =>
    inSession(settings, async (connection) => {
      for (const { username } of Object.values(users)) await connection.query("DROP USER IF EXISTS ?@'%'", [username]);
    }),
  );

  const run = async (given: typeof users) => {
    await setUpMigrator(settings, given);
    await migrate({ ...settings, login: () => Promise.resolve(given.migrator) }, { tables: migrationsOfTests });
    await setUpServiceUsers(settings, given, tables.map(storedTableOf));
  };
  const connectAs = (login: Login) => {
    const ledger = connectLedger({ ...settings, login: () => Promise.resolve(login) });
    t.after(ledger.close);
    return ledger;
  };
  await run(users);
  return { settings, query, users, run, connectAs };
};

test('each user does its own work', async (t) => {
  const { users, connectAs } = await setUp(t);
  const consumer = connectAs(users.consumer);
  assert.deepEqual(await recordBatches(consumer, [batch], recordSettings), { rows: 2, duplicates: 0 });
  assert.deepEqual(await recordBatches(consumer, [batch], recordSettings), { rows: 0, duplicates: 1 });
  assert.equal(await purgeInbox(consumer, 10, 5_000), 0);
  const producer = connectAs(users.producer);
  assert.deepEqual(await readTotal(producer, 5_000), { rowsCount: 2, latestValue: 2 });
  assert.equal((await readPage(producer, { limit: 5, before: undefined }, 5_000)).counts.length, 2);
  assert.deepEqual(await verifyTotals(consumer, 5_000), { total: 2n, rowsCount: 2n });
});

test('producer and consumer do their work with the rows of every table', async (t) => {
  const { users, connectAs } = await setUp(t);
  const consumer = connectAs(users.consumer);
  const producer = connectAs(users.producer);
  for (const [index, table] of tables.entries()) {
    const checked = createRowCheck(table)(rows[index]);
    assert.ok('row' in checked, JSON.stringify(checked));
    const columns = table.columns.map(({ name }) => name);
    const encoded = { ...batch, batchId: `c${index}`.repeat(16), columns, rows: `[${checked.row},${checked.row}]` };
    assert.equal((await recordRows(consumer, table.name, [encoded], recordSettings)).rows, 2);
    assert.equal((await recordRows(consumer, table.name, [encoded], recordSettings)).duplicates, 1);
    assert.equal(await claimSplit(consumer, { ...encoded, batchId: `d${index}`.repeat(16) }, recordSettings), true);
    assert.equal((await readTableTotal(producer, table, 5_000)).rowsCount, 2);
    const page = await readRows(producer, table, { limit: 5, before: undefined }, 5_000);
    assert.deepEqual(Object.keys(page.rows[0] ?? {}), ['id', 'recorded_at', ...columns]);
  }
});

const forbidden = {
  producer: [
    'INSERT INTO `count` (count_value) VALUES (1)',
    'UPDATE totals SET rows_count = 0',
    'DELETE FROM `count`',
    'SELECT * FROM inbox',
    'SELECT slot FROM totals',
    "INSERT INTO vote (choice, weight) VALUES ('a', 1)",
    'UPDATE vote SET weight = 0',
    'DELETE FROM vote',
    'SELECT slot FROM table_totals',
    'UPDATE table_totals SET rows_count = 0',
    'LOCK TABLES vote READ',
    'LOCK TABLES `count` READ',
    'SELECT * FROM migrations',
    'CREATE TABLE other (id INT)',
    'DROP TABLE `count`',
    'SELECT * FROM mysql.user',
    "CREATE USER x@'%' IDENTIFIED BY 'y'",
  ],
  consumer: [
    'UPDATE `count` SET count_value = 0',
    'DELETE FROM `count`',
    'DELETE FROM totals',
    'UPDATE inbox SET expires_at = NOW()',
    'TRUNCATE inbox',
    'ALTER TABLE inbox ADD x INT',
    'SELECT * FROM imports',
    'SELECT * FROM mysql.user',
    'INSERT INTO `count` (id, count_value) VALUES (18446744073709551615, 1)',
    'INSERT INTO `count` VALUES (18446744073709551615, 1, NOW())',
    "INSERT INTO `count` (count_value, recorded_at) VALUES (1, '2000-01-01')",
    'INSERT INTO `count` (count_value) VALUES (1) ON DUPLICATE KEY UPDATE count_value = 2',
    'REPLACE INTO `count` (count_value) VALUES (1)',
    'SELECT count_value FROM `count`',
    'SELECT recorded_at FROM `count`',
    'LOCK TABLES `count` WRITE',
    'REPLACE INTO totals (slot, rows_count) VALUES (1, 1)',
    'UPDATE vote SET weight = 0',
    'DELETE FROM vote',
    'TRUNCATE vote',
    'ALTER TABLE vote ADD x INT',
    'SELECT choice FROM vote',
    'SELECT recorded_at FROM vote',
    "INSERT INTO vote (id, choice, weight) VALUES (18446744073709551615, 'a', 1)",
    "INSERT INTO vote (choice, weight, recorded_at) VALUES ('a', 1, '2000-01-01')",
    "INSERT INTO vote (choice, weight) VALUES ('a', 1) ON DUPLICATE KEY UPDATE weight = 2",
    "REPLACE INTO vote (choice, weight) VALUES ('a', 1)",
    'LOCK TABLES vote WRITE',
    'DELETE FROM table_totals',
    "REPLACE INTO table_totals (table_name, slot, rows_count) VALUES ('vote', 1, 1)",
    'SELECT * FROM migrations',
    'TRUNCATE `count`',
  ],
  migrator: [
    "CREATE USER x@'%' IDENTIFIED BY 'y'",
    'GRANT SELECT ON `count` TO CURRENT_USER()',
    'SELECT * FROM mysql.user',
    'CREATE DATABASE elsewhere_of_sluice',
    'SET GLOBAL max_connections = 1',
    'CREATE VIEW v AS SELECT 1',
    'CREATE PROCEDURE p() SELECT 1',
    "SELECT 1 INTO OUTFILE '/tmp/sluice-users-test'",
    'CREATE TRIGGER t BEFORE INSERT ON `count` FOR EACH ROW SET NEW.count_value = 0',
  ],
} as const;

const isDenied = (error: Error): boolean => 'errno' in error && denied.has(Number(error.errno));

for (const role of ['producer', 'consumer', 'migrator'] as const) {
  test(`the ${role} may do nothing else`, async (t) => {
    const { users, connectAs } = await setUp(t);
    const ledger = connectAs(users[role]);
    for (const statement of forbidden[role]) {
      await assert.rejects(
        ledger.run((connection) => connection.query(statement), 5_000),
        isDenied,
        statement,
      );
    }
  });
}

test('a set-up revokes what an older release granted', async (t) => {
  const { settings, query, users, run, connectAs } = await setUp(t);
  for (const { username } of [users.producer, users.consumer]) {
    await query("GRANT ALL PRIVILEGES ON ??.* TO ?@'%'", [settings.database, username]);
    await query("GRANT SELECT, INSERT, UPDATE ON ??.`count` TO ?@'%'", [settings.database, username]);
    await query("GRANT SELECT, INSERT, UPDATE ON ??.totals TO ?@'%'", [settings.database, username]);
    await query("GRANT SELECT, INSERT (choice, id), UPDATE (weight) ON ??.vote TO ?@'%'", [
      settings.database,
      username,
    ]);
  }
  await run(users);
  for (const role of ['producer', 'consumer'] as const) {
    const ledger = connectAs(users[role]);
    for (const statement of forbidden[role]) {
      await assert.rejects(
        ledger.run((connection) => connection.query(statement), 5_000),
        isDenied,
        statement,
      );
    }
  }
  const recorded = await recordBatches(connectAs(users.consumer), [batch], recordSettings);
  assert.deepEqual(recorded, { rows: 2, duplicates: 0 });
});

test('a set-up keeps the rights of its users in other databases', async (t) => {
  const { settings, query, users, run, connectAs } = await setUp(t);
  const other = `${settings.database}_2`;
  await query('CREATE DATABASE ??', [other]);
  t.after(() => inSession(settings, (connection) => connection.query('DROP DATABASE ??', [other])));
  await query('CREATE TABLE ??.x (id INT)', [other]);
  await query("GRANT SELECT ON ??.x TO ?@'%'", [other, users.producer.username]);
  await run(users);
  await connectAs(users.producer).run((connection) => connection.query('SELECT * FROM ??.x', [other]), 5_000);
});

test('the migrator of a_b has no rights on axb, although _ is a wildcard in grants', async (t) => {
  const { settings, query, users, connectAs } = await setUp(t);
  const other = settings.database.replace('_', 'x');
  await query('CREATE DATABASE ??', [other]);
  t.after(() => inSession(settings, (connection) => connection.query('DROP DATABASE ??', [other])));
  const migrator = connectAs(users.migrator);
  await assert.rejects(
    migrator.run((connection) => connection.query('CREATE TABLE ??.x (id INT)', [other]), 5_000),
    { errno: 1142 },
  );
});

test('a changed password is valid after the next set-up, and the old one is not', async (t) => {
  const { users, run, connectAs } = await setUp(t);
  const changed = { ...users, consumer: { ...users.consumer, password: 'another' } };
  await run(changed);
  assert.deepEqual(await recordBatches(connectAs(changed.consumer), [batch], recordSettings), {
    rows: 2,
    duplicates: 0,
  });
  await assert.rejects(recordBatches(connectAs(users.consumer), [batch], recordSettings), { errno: 1045 });
});

test('two users with one name, or with that of the administrator, are refused before anything changes', async (t) => {
  const { settings, users } = await setUp(t);
  const administrator = await settings.login();
  for (const faulty of [
    { ...users, consumer: users.producer },
    { ...users, migrator: { ...administrator, password: 'x' } },
  ]) {
    await assert.rejects(setUpMigrator(settings, faulty), {
      code: 'USER_SETUP',
      message: /must be four different users/,
    });
    await assert.rejects(setUpServiceUsers(settings, faulty, []), { code: 'USER_SETUP' });
  }
  await migrate(settings);
});

test('a user that MySQL refuses is named without its password', async (t) => {
  const { settings, users } = await setUp(t);
  const faulty = { ...users, producer: { username: 'x'.repeat(200), password: 'hunter2' } };
  await assert.rejects(setUpServiceUsers(settings, faulty, []), (error: Error) => {
    assert.match(error.message, /did not set up the user x+: ER_/);
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /hunter2/);
    return true;
  });
});
