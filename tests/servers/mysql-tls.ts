import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServers } from '@sluice/local/servers/find-servers.ts';
import { mysqlPart } from '@sluice/local/servers/mysql.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { createSupervisor } from '@sluice/local/processes/supervise.ts';

/** A private MySQL with a certificate for `certifiedName`. */
export type TlsMysql = {
  readonly port: number;
  readonly login: { readonly username: string; readonly password: string };
  /**
   * `ca`: the authority (PEM) that signed its certificate. `otherCa`: one of the same name that did
   * not.
   */
  readonly ca: string;
  readonly caFile: string;
  readonly otherCa: string;
  readonly stop: () => Promise<void>;
};

/**
 * Starts this machine's MySQL with TLS on a free port of loopback. Its data is deleted when it
 * stops.
 */
export const startTlsMysql = async (certifiedName: string): Promise<TlsMysql> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  const authority = makeAuthority(folder, 'ca');
  const other = makeAuthority(folder, 'other');
  const certificate = makeCertificate(folder, authority, certifiedName);
  const { mysql: runner } = findServers({ redis: false, mysql: true }, () => undefined);
  if (runner === undefined || !('program' in runner)) throw new Error('TLS is tested on a MySQL of this machine alone');

  const port = await findFreePort();
  const password = 'not-a-secret';
  const part = await mysqlPart({
    runner,
    folder: join(folder, 'mysql'),
    port,
    user: 'sluice',
    password,
    database: 'count',
  });
  const servers = createSupervisor({ onLine: () => undefined, onDeath: () => undefined, onChange: () => undefined });
  const stop = async () => {
    await servers.stop();
    rmSync(folder, { recursive: true });
  };
  const args = [`--ssl-ca=${authority}.pem`, `--ssl-cert=${certificate}.pem`, `--ssl-key=${certificate}.key`];
  try {
    await servers.start({ ...part, args: [...part.args, ...args] });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    login: { username: 'root', password },
    ca: readFileSync(`${authority}.pem`, 'utf8'),
    caFile: `${authority}.pem`,
    otherCa: readFileSync(`${other}.pem`, 'utf8'),
    stop,
  };
};

const openssl = (...args: readonly string[]): void => {
  execFileSync('openssl', args, { stdio: 'pipe' });
};

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

const makeAuthority = (folder: string, name: string): string => {
  const path = join(folder, name);
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-subj',
    '/CN=Sluice test authority',
    '-keyout',
    `${path}.key`,
    '-out',
    `${path}.pem`,
  );
  return path;
};

const makeCertificate = (folder: string, authority: string, host: string): string => {
  const path = join(folder, 'server');
  writeFileSync(`${path}.ext`, `subjectAltName=DNS:${host}\n`);
  openssl('req', ...newKey, '-subj', `/CN=${host}`, '-keyout', `${path}.key`, '-out', `${path}.csr`);
  const signing = ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', '-in', `${path}.csr`, ...signing, '-extfile', `${path}.ext`, '-out', `${path}.pem`);
  return path;
};
