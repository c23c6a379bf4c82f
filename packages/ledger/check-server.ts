import type { Finding } from '@sluice/contract/finding.ts';
import type { RowDataPacket } from 'mysql2/promise';
import type { LedgerConnection } from './connection/connection.ts';

/** The oldest server versions that the tests run on. */
const minVersions = { MySQL: [8, 4], MariaDB: [10, 11] } as const;
// The longest transaction records 20,000 batches of one count: 1.9 MB, of which an id with its
// expiry takes 76 bytes, and a count with its sign and 16 digits takes 20. 4 MiB is more.
const minPacketBytes = 4_194_304;

type Variables = {
  readonly version: string;
  readonly isReadOnly: boolean;
  readonly flushes: number;
  readonly binaryLog: boolean;
  readonly syncs: number;
  readonly packetBytes: number;
};

/**
 * Checks the version, writability, packet size and durability of MySQL. A consumer's statements
 * must fit, and a commit must survive a crash of the host.
 *
 * All findings are warnings, because entries that MySQL refuses wait in the queue. Throws when
 * MySQL does not answer.
 */
export const checkLedgerServer = async (ledger: LedgerConnection, deadlineMs: number): Promise<Finding[]> => {
  const found = await readVariables(ledger, deadlineMs);
  return [checkVersion(found), checkWritable(found), checkPacket(found), checkDurability(found)].filter(
    (its) => its !== undefined,
  );
};

const readVariables = (ledger: LedgerConnection, deadlineMs: number): Promise<Variables> =>
  ledger.run(async (connection) => {
    const [[row]] = await connection.query<RowDataPacket[]>(
      'SELECT VERSION() AS version, @@GLOBAL.read_only AS isReadOnly, @@GLOBAL.log_bin AS binaryLog, ' +
        '@@GLOBAL.innodb_flush_log_at_trx_commit AS flushes, @@GLOBAL.sync_binlog AS syncs, ' +
        '@@GLOBAL.max_allowed_packet AS packetBytes',
    );
    return {
      version: String(row?.['version']),
      isReadOnly: Number(row?.['isReadOnly']) !== 0,
      flushes: Number(row?.['flushes']),
      binaryLog: Number(row?.['binaryLog']) !== 0,
      syncs: Number(row?.['syncs']),
      packetBytes: Number(row?.['packetBytes']),
    };
  }, deadlineMs);

const warning = (code: Finding['code'], detail: string): Finding => ({ code, severity: 'warning', detail });

const checkVersion = ({ version }: Variables): Finding | undefined => {
  const product = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL';
  // Some MariaDB servers prefix their version with 5.5.5, for old replicas.
  const [, major, minor] = /^(?:5\.5\.5-)?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return undefined;
  const [minMajor, minMinor] = minVersions[product];
  if (Number(major) > minMajor || (Number(major) === minMajor && Number(minor) >= minMinor)) return undefined;
  return warning(
    'mysql_too_old',
    `The database is ${product} ${major}.${minor}, but Sluice is tested only on ${product} ${minMajor}.${minMinor} and newer. ` +
      'Update it.',
  );
};

const checkWritable = ({ isReadOnly }: Variables): Finding | undefined =>
  isReadOnly
    ? warning(
        'mysql_read_only',
        'The database is read-only, so counts wait in the queue and are not recorded. If it is a replica, set DB_HOST ' +
          'to the primary. Otherwise set read_only to OFF.',
      )
    : undefined;

const checkPacket = ({ packetBytes }: Variables): Finding | undefined =>
  packetBytes < minPacketBytes
    ? warning(
        'mysql_packet_small',
        `The database accepts statements of up to ${packetBytes} bytes, but consumers send up to 4 MiB ` +
          `(${minPacketBytes}). Set max_allowed_packet to 16777216 (16 MiB) or more.`,
      )
    : undefined;

const checkDurability = ({ flushes, binaryLog, syncs }: Variables): Finding | undefined => {
  const wrong = [
    ...(flushes === 1 ? [] : [`innodb_flush_log_at_trx_commit (${flushes})`]),
    ...(!binaryLog || syncs === 1 ? [] : [`sync_binlog (${syncs})`]),
  ];
  if (wrong.length === 0) return undefined;
  return warning(
    'mysql_not_durable',
    'A crash of the database host can lose counts that were recorded just before and are no longer in the queue. ' +
      `Set to 1: ${wrong.join(' and ')}.`,
  );
};
