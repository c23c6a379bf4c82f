import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { importDump } from './import-dump.ts';
import { readPage } from '../read-page.ts';
import { readTotal } from '../read-total.ts';
import { recordBatches } from '../record.ts';
import { verifyTotals } from '../verify-totals.ts';

const options = { takesNewIds: false, onProgress: () => undefined };
const recordSettings = { shard: 3, inboxHours: 1, deadlineMs: 20_000 };
const batch = { batchId: '0'.repeat(31).concat('1'), list: '7,8,9', size: 3, isKeyed: false };

const fileOf = async (t: TestContext, text: string | Buffer): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-dump-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'dump.sql');
  await writeFile(file, text);
  return file;
};

/** Wraps rows as mysqldump 8.4 and mariadb-dump 10.11 do. */
const dumpOf = (columns: string, rows: string): string => `/*M!999999\\- enable the sandbox mode */
-- MySQL dump 10.13  Distrib 8.4.3, for Linux (x86_64)
--
-- Host: localhost    Database: count
-- ------------------------------------------------------
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6:1-5';

CREATE DATABASE /*!32312 IF NOT EXISTS*/ \`count\` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;

USE \`count\`;
--
-- Table structure for table \`count\`; with a semicolon
--
DROP TABLE IF EXISTS \`count\`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE \`count\` (
${columns}
  PRIMARY KEY (\`id\`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COMMENT='it''s; ours';
LOCK TABLES \`count\` WRITE;
/*!40000 ALTER TABLE \`count\` DISABLE KEYS */;
${rows}
/*!40000 ALTER TABLE \`count\` ENABLE KEYS */;
UNLOCK TABLES;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
-- Dump completed on 2026-11-22 10:00:00
`;

const olderTable = '  `id` int NOT NULL AUTO_INCREMENT,\n  `count_value` bigint DEFAULT NULL,';
const ownTable =
  '  `id` bigint unsigned NOT NULL AUTO_INCREMENT,\n  `count_value` bigint NOT NULL,\n  `recorded_at` timestamp(3) NOT NULL,';

test('a dump of the older system is imported with its ids, and the totals are right', async (t) => {
  const { settings, connect, query } = await createTestLedger(t);
  const ledger = connect();
  await recordBatches(ledger, [{ ...batch, list: '5', size: 1 }], recordSettings);
  const file = await fileOf(
    t,
    dumpOf(olderTable, 'INSERT INTO `count` VALUES (20,1700000000),(30,-1),\n(40,9007199254740991);'),
  );
  const progress: number[][] = [];
  const imported = await importDump(settings, file, {
    takesNewIds: false,
    onProgress: (...figures) => progress.push(figures),
  });
  assert.deepEqual(imported, { rows: 3, total: 4, wasKnown: false, otherTables: [] });
  assert.deepEqual(progress, [[3, 3]]);
  const rows = await query('SELECT id, count_value AS value FROM `count` WHERE id >= 20 ORDER BY id');
  assert.deepEqual(
    rows.map((row) => [row['id'], row['value']]),
    [
      [20, 1_700_000_000],
      [30, -1],
      [40, Number.MAX_SAFE_INTEGER],
    ],
  );
  assert.deepEqual(await readTotal(ledger, 5_000), { rowsCount: 4, latestValue: Number.MAX_SAFE_INTEGER });
  assert.deepEqual(await verifyTotals(ledger, 5_000), { total: 4n, rowsCount: 4n });
});

/** Dumps as different tools write them, each with the rows (1,10) and (2,-20). */
const dumps: Readonly<Record<string, string>> = {
  'of mysqldump with triggers, routines and events': `${dumpOf(olderTable, 'INSERT INTO `count` VALUES (1,10),(2,-20);')}
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=\`root\`@\`localhost\`*/ /*!50003 TRIGGER t BEFORE INSERT ON \`count\` FOR EACH ROW begin
set @x = ';;'; insert into log values (1); end */;;
DELIMITER ;
/*!50106 DROP EVENT IF EXISTS \`e\` */;
DELIMITER $$
CREATE DEFINER=\`root\`@\`localhost\` PROCEDURE p() begin select 1; update x set y=1; end $$
delimiter ;
/*!50001 CREATE VIEW \`v\` AS SELECT 1 AS \`id\`*/;
GRANT ALL ON *.* TO x;
`,
  'of a replica, with its position': `CHANGE MASTER TO MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=2493;
CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='bin.000001', SOURCE_LOG_POS=2493;
STOP REPLICA;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5';
SET GLOBAL gtid_slave_pos='0-1-12';
INSERT INTO \`count\` VALUES (1,10),(2,-20);
START REPLICA;
`,
  'with one row a statement, and its columns': `INSERT INTO \`count\` (\`id\`, \`count_value\`) VALUES (1,10);
INSERT INTO \`count\` (\`id\`, \`count_value\`) VALUES (2,-20);
`,
  'with INSERT IGNORE and REPLACE': `INSERT  IGNORE INTO \`count\` VALUES (1,10);
REPLACE INTO \`count\` VALUES (2,-20);
`,
  'with the name of the database':
    'INSERT DELAYED INTO `app`.`count` VALUES (1,10);\nINSERT INTO app.count VALUES (2,-20);',
  'in the ANSI mode':
    'CREATE TABLE "count" (\n  "id" int,\n  "count_value" int\n);\nINSERT INTO "count" VALUES (1,10),(2,-20);',
  'of phpMyAdmin': `-- phpMyAdmin SQL Dump
SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";
START TRANSACTION;
SET time_zone = "+00:00";
CREATE TABLE \`count\` (
  \`id\` bigint(20) UNSIGNED NOT NULL,
  \`count_value\` bigint(20) NOT NULL,
  \`recorded_at\` timestamp(3) NOT NULL DEFAULT current_timestamp(3)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
TRUNCATE TABLE \`count\`;
INSERT INTO \`count\` (\`id\`, \`count_value\`, \`recorded_at\`) VALUES
(1, 10, '2025-01-02 03:04:05.678'),
(2, -20, '2025-01-02 03:04:05.678');
ALTER TABLE \`count\`
  ADD PRIMARY KEY (\`id\`);
ALTER TABLE \`count\`
  MODIFY \`id\` bigint(20) UNSIGNED NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=3;
COMMIT;
`,
  'of mydumper': `/*!40101 SET NAMES binary*/;
/*!40014 SET FOREIGN_KEY_CHECKS=0*/;
/*!40103 SET TIME_ZONE='+00:00' */;
INSERT INTO \`count\` VALUES(1,10,"2025-01-02 03:04:05.678")
,(2,-20,"2025-01-02 03:04:05.678");
`,
  'with quoted integers and tabs': "INSERT INTO `count` (`id`, `count_value`) VALUES\n('1',\t'10'),\n('2',\t'-20');",
  'with a table of one line': `CREATE TABLE count ( count_value INT COMMENT 'a, b c', id INT AUTO_INCREMENT PRIMARY KEY );
INSERT INTO count VALUES (10,1),(-20,2);`,
  'with other tables and databases': `USE \`a\`;
INSERT INTO \`users\` VALUES (1,'x;y');
USE \`b\`;
INSERT INTO \`count\` VALUES (1,10),(2,-20);
USE \`c\`;
INSERT INTO \`users\` VALUES (1,'x;y');
`,
  'with lines of CR and LF': dumpOf(olderTable, 'INSERT INTO `count` VALUES (1,10),\n(2,-20);').replaceAll(
    '\n',
    '\r\n',
  ),
};

for (const [what, dump] of Object.entries(dumps)) {
  test(`a dump ${what} is imported`, async (t) => {
    const { settings, query } = await createTestLedger(t);
    const { rows, otherTables } = await importDump(settings, await fileOf(t, dump), options);
    assert.equal(rows, 2);
    assert.deepEqual(otherTables, dump.includes('users') ? ['users'] : []);
    const found = await query('SELECT id, count_value AS value FROM `count` ORDER BY id');
    assert.deepEqual(
      found.map(({ id, value }) => [id, value]),
      [
        [1, 10],
        [2, -20],
      ],
    );
  });
}

test('a dump of an empty table followed by a query imports 0 rows', async (t) => {
  const { settings } = await createTestLedger(t);
  const dump = `CREATE SCHEMA IF NOT EXISTS \`count\`;
CREATE TABLE IF NOT EXISTS \`count\`.\`count\` ( id INT AUTO_INCREMENT PRIMARY KEY, count_value INT );
SELECT COUNT(*) FROM \`count\`.\`count\`;
`;
  const imported = await importDump(settings, await fileOf(t, dump), options);
  assert.deepEqual(imported, { rows: 0, total: 0, wasKnown: false, otherTables: [] });
});

test('any imported id can be read in pages and used as a bound, as can the ids after it', async (t) => {
  const { settings, connect } = await createTestLedger(t);
  await importDump(settings, await fileOf(t, 'INSERT INTO count VALUES (999999999999999999,1);'), options);
  const ledger = connect();
  await recordBatches(ledger, [batch], recordSettings);
  const ids: string[] = [];
  for (let before: string | undefined, isFirst = true; isFirst || before !== undefined; isFirst = false) {
    const { counts, next } = await readPage(ledger, { limit: 1, before }, 5_000);
    ids.push(...counts.map(({ id }) => id));
    before = next;
  }
  assert.deepEqual(ids, ['1000000000000000002', '1000000000000000001', '1000000000000000000', '999999999999999999']);
});

test('listed columns may be in any order, and the times of the dump are kept', async (t) => {
  const { settings, query } = await createTestLedger(t);
  const rows =
    "INSERT INTO count (`recorded_at`, `count_value`, id) VALUES ('2025-01-02 03:04:05.678',11,999999999999999999);";
  await importDump(settings, await fileOf(t, dumpOf(ownTable, rows)), options);
  const [row] = await query(
    "SELECT CAST(id AS CHAR) AS id, count_value AS value, DATE_FORMAT(CONVERT_TZ(recorded_at, @@time_zone, '+00:00'), '%Y-%m-%d %H:%i:%s.%f') AS time FROM `count`",
  );
  assert.deepEqual({ ...row }, { id: '999999999999999999', value: 11, time: '2025-01-02 03:04:05.678000' });
});

test('a file is imported only once, however often the import runs', async (t) => {
  const { settings, readCounts } = await createTestLedger(t);
  const file = await fileOf(t, dumpOf(olderTable, 'INSERT INTO `count` VALUES (1,10);'));
  await importDump(settings, file, options);
  assert.deepEqual(await importDump(settings, file, options), { rows: 0, total: 1, wasKnown: true, otherTables: [] });
  assert.deepEqual(await readCounts(), [10]);
});

test('an id that exists is named, nothing is imported, and --new-ids imports the dump', async (t) => {
  const { settings, connect, readCounts } = await createTestLedger(t);
  await recordBatches(connect(), [batch], recordSettings);
  const file = await fileOf(
    t,
    dumpOf(olderTable, 'INSERT INTO `count` VALUES (50,10);\nINSERT INTO `count` VALUES (2,20),(51,30);'),
  );
  await assert.rejects(importDump(settings, file, options), {
    code: 'IMPORT_DUPLICATE_ID',
    message: /The id 2 of the INSERT on line 30 .*--new-ids/,
  });
  assert.deepEqual(await readCounts(), [7, 8, 9]);
  assert.deepEqual(await verifyTotals(connect(), 5_000), { total: 3n, rowsCount: 3n });
  assert.deepEqual(await importDump(settings, file, { ...options, takesNewIds: true }), {
    rows: 3,
    total: 6,
    wasKnown: false,
    otherTables: [],
  });
  assert.deepEqual(await readCounts(), [7, 8, 9, 10, 20, 30]);
});

const refused: Record<string, readonly [dump: string, reason: RegExp]> = {
  'only other tables': [
    'INSERT INTO `users` VALUES (1);\nINSERT INTO db.orders SET id=1;',
    /no rows of the table count, only of orders, users\. Dump that table: mysqldump/,
  ],
  'a statement that is none of a dump': [
    'SET x=1;\nFROBNICATE x;',
    /^Line 2: "FROBNICATE x" is not a statement of a dump/,
  ],
  'a change behind the rows': [
    'INSERT INTO count VALUES (1,1);\nUPDATE count SET count_value=2;',
    /^Line 2: "UPDATE count SET count_value=2" changes rows/,
  ],
  'rows that are removed again': [
    'INSERT INTO count VALUES (1,1);\nTRUNCATE TABLE `count`;',
    /^Line 2: .* changes rows/,
  ],
  'a dump of PostgreSQL': ['COPY public.count (id, count_value) FROM stdin;', /^Line 1: .* is not MySQL/],
  XML: ['<?xml version="1.0"?>\n<mysqldump/>', /^Line 1: .* is XML, JSON or CSV/],
  JSON: ['[{"id":1,"count_value":2}]', /^Line 1: .* is XML, JSON or CSV/],
  CSV: ['"id","count_value"\n1,2\n', /^Line 1: .* is XML, JSON or CSV/],
  'zeros that are no text': [`SELECT 1;${'\0'.repeat(9)}`, /^The file is not text/],
  'a delimiter that is none': ['DELIMITER \nA;', /^Line 1: DELIMITER needs 1 to 16 characters/],
  'an INSERT that does more': [
    'INSERT INTO `count` VALUES (1,1) ON DUPLICATE KEY UPDATE id=1;',
    /^Line 1: the INSERT does more than insert rows \(ON\)/,
  ],
  'an INSERT of what a query gives': [
    'INSERT INTO `count` SELECT * FROM mysql.user;',
    /^Line 1: "INSERT INTO `count` SELECT .*" takes its rows from a query/,
  ],
  'an expression as a value': ['INSERT INTO `count` VALUES (1,SLEEP(10));', /^Line 1: not a row.*SLEEP/],
  'SQL in a value': [
    "INSERT INTO `count` VALUES (1,2,'2025-01-01 00:00:00\\'); DROP TABLE inbox; -- ');",
    /^Line 1: recorded_at is '2025-01-01 00:00:00\\', not a time/,
  ],
  'a fraction': ['INSERT INTO `count` VALUES (1,1.5);', /^Line 1: count_value is 1\.5, not a whole number/],
  'a missing value': [
    'INSERT INTO `count` VALUES (1,1),\n(2,NULL);',
    /^Line 2: count_value is NULL\. Remove such rows .*DELETE FROM `count` WHERE count_value IS NULL/,
  ],
  'an id that is none': ["INSERT INTO `count` VALUES ('a',1);", /^Line 1: id is 'a', not a whole number/],
  'a value too many': ['INSERT INTO `count` (id, count_value) VALUES (1,2,3);', /^Line 1: not a row .*it has 3 values/],
  'a count that JSON cannot carry': [
    'INSERT INTO `count` VALUES\n(1,1),\n(2,9007199254740992);',
    /^Line 3: the count is beyond/,
  ],
  'an id that leaves none for what comes': [
    'INSERT INTO `count` (id, count_value) VALUES (18446744073709551615, 1);',
    /^Line 1: the id is not from 1/,
  ],
  'an id of 0': ['INSERT INTO `count` VALUES (0,1);', /^Line 1: the id is not/],
  'a column that is not known': [
    'INSERT INTO `count` (id, name) VALUES (1,2);',
    /^Line 1: the column name does not exist in the database/,
  ],
  'a table of its own': [
    dumpOf('  `id` int,\n  `user` int,\n', 'INSERT INTO `count` VALUES (1,1);'),
    /the column user does not exist/,
  ],
  'times of an unknown zone': [
    "INSERT INTO `count` VALUES (1,1,'2025-01-01 00:00:00');",
    /^Line 1: the time zone is unknown\. Dump with --tz-utc/,
  ],
  'rows of two databases': [
    'USE a;\nINSERT INTO count VALUES (1,1);\nINSERT INTO `b`.`count` VALUES (2,2);',
    /^Line 3 has rows of count in the database b, and earlier lines in a/,
  ],
  'no rows and no table': ['SET NAMES utf8;', /^The dump has no rows of the table count\. Dump that table/],
  'an empty file': ['', /^The dump has no rows of the table count/],
  'an end that is cut off': ['INSERT INTO `count` VALUES (1,1),(2', /^The file is truncated: .* starts on line 1\./],
};

const timeFaults: Readonly<Record<string, RegExp>> = {
  '0000-00-00 00:00:00': /recorded_at is a zero date, .*UPDATE `count` SET recorded_at/,
  '2025-02-30 00:00:00': /recorded_at is not a time from 1970/,
  '2025-00-10 00:00:00': /recorded_at is not a time from 1970/,
  '2025-13-01 00:00:00': /recorded_at is not a time from 1970/,
  '2025-01-01 25:00:00': /recorded_at is not a time from 1970/,
  '1970-01-01 00:00:00': /recorded_at is not a time from 1970/,
  '2038-01-19 03:14:08': /recorded_at is not a time from 1970/,
  '2038-01-19 03:14:07.999500': /recorded_at is not a time from 1970/,
};

for (const [time, reason] of Object.entries(timeFaults)) {
  refused[`the time ${time}`] = [`SET TIME_ZONE='+00:00';\nINSERT INTO count VALUES\n(1,1,'${time}');`, reason];
}

test('a dump with an unsupported statement is refused with its line, and nothing is imported', async (t) => {
  const { settings, readCounts, query } = await createTestLedger(t);
  for (const [what, [dump, reason]] of Object.entries(refused)) {
    const file = await fileOf(t, dump);
    await assert.rejects(importDump(settings, file, options), (error: Error) => {
      assert.equal('code' in error && error.code, 'DUMP_REFUSED', `${what}: ${error}`);
      assert.match(error.message, reason, what);
      return true;
    });
  }
  assert.deepEqual(await readCounts(), []);
  const [row] = await query(
    "SELECT AUTO_INCREMENT AS next FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'count'",
  );
  assert.equal(row?.['next'], 1);
});

test('consumers wait during an import, whatever their shard, and record afterwards', async (t) => {
  const { settings, connect, query, readCounts } = await createTestLedger(t);
  const ledger = connect();
  await recordBatches(ledger, [{ ...batch, list: '1', size: 1 }], recordSettings);
  const lines = Array.from(
    { length: 3 },
    (_, group) =>
      `INSERT INTO \`count\` (count_value) VALUES ${Array.from({ length: 5_000 }, (__, row) => `(${group * 5_000 + row})`).join(',')};`,
  );
  const file = await fileOf(t, lines.join('\n'));

  // innodb_trx is a cached copy: it does not change while it is read more often than every 0.1 s.
  const atStatement = async (statement: string) => {
    const rows = await query(
      'SELECT COUNT(*) AS sessions FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE ?',
      [`${statement}%`],
    );
    return Number(rows[0]?.['sessions']);
  };
  // A row lock of the test stops the import halfway.
  await query('START TRANSACTION');
  await query("INSERT INTO imports (checksum, rows_count) VALUES (UNHEX(SHA2('x', 256)), 1)");
  await query('SELECT * FROM imports FOR UPDATE');
  const importing = importDump(settings, file, options);
  await waitUntil(async () => (await atStatement('INSERT INTO imports')) === 1);
  const recordings = [3, 9].map((shard) =>
    recordBatches(connect(), [{ ...batch, batchId: String(shard).padStart(32, 'a') }], {
      ...recordSettings,
      shard,
    }),
  );
  await waitUntil(async () => (await atStatement('INSERT INTO totals')) === 2);
  assert.deepEqual(await readTotal(ledger, 5_000), { rowsCount: 1, latestValue: 1 });
  await query('COMMIT');
  assert.equal((await importing).total, 15_001);
  await Promise.all(recordings);
  assert.equal((await readCounts()).length, 15_007);
  assert.deepEqual(await verifyTotals(ledger, 5_000), { total: 15_007n, rowsCount: 15_007n });
});
