import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { startRedis } from './queue.ts';
import { startLocalMysql } from './servers-of-npm-start.ts';
import type { Owner } from './test-file.ts';

const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });

/**
 * Creates a certificate authority, always of the same name, and a certificate that it signed, for
 * `subject`. Deletes the files when `owner` ends.
 */
export const makeCertificate = (owner: Owner, subject = 'IP:127.0.0.1') => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  owner.after(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);

  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', '/CN=test authority', '-keyout', path('ca.key'), '-out', path('ca.pem')],
  );
  openssl(
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', '/CN=test server', '-keyout', path('server.key'), '-out', path('server.csr')],
  );
  writeFileSync(path('extensions'), `subjectAltName=${subject}\n`);
  openssl(
    ...['x509', '-req', '-days', '1', '-in', path('server.csr'), '-CA', path('ca.pem'), '-CAkey', path('ca.key')],
    ...['-CAcreateserial', '-extfile', path('extensions'), '-out', path('server.pem')],
  );
  return {
    ca: readFileSync(path('ca.pem'), 'utf8'),
    caFile: path('ca.pem'),
    certificateFile: path('server.pem'),
    keyFile: path('server.key'),
  };
};

/** Starts a Redis that accepts TLS on `tlsPort` with a certificate for `address`. */
export const startRedisWithTls = async (owner: Owner, address = '127.0.0.1') => {
  const { ca, caFile, certificateFile, keyFile } = makeCertificate(owner, `IP:${address}`);
  const tlsPort = await findFreePort();
  const { port } = await startRedis(owner, [
    ...['--tls-port', String(tlsPort), '--tls-auth-clients', 'no', '--tls-ca-cert-file', caFile],
    ...['--tls-cert-file', certificateFile, '--tls-key-file', keyFile],
  ]);
  return { port, tlsPort, ca, caFile };
};

/** Starts a MySQL that accepts TLS with a certificate for the host `name`. */
export const startMysqlWithTls = async (owner: Owner, name: string) => {
  const { ca, caFile, certificateFile, keyFile } = makeCertificate(owner, `DNS:${name}`);
  const options = [`--ssl-ca=${caFile}`, `--ssl-cert=${certificateFile}`, `--ssl-key=${keyFile}`];
  const { server } = await startLocalMysql(owner, options);
  return { port: server.port, login: { username: server.user, password: server.password }, ca, caFile };
};
