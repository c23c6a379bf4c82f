import { execFileSync } from 'node:child_process';
import { cpus, totalmem, type as systemName, release } from 'node:os';
import { repository } from '@sluice/local/folder.ts';
import { createClient } from '@redis/client';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { Servers } from '../parts/pipeline.ts';

/** Describes the commit, versions and machine of a run, one per line. */
export const describeRun = async ({ redis, mysql }: Servers): Promise<string[]> => {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  return [
    `Commit: ${describeCommit()}`,
    `Versions: Node ${process.version.slice(1)}, ${await describeRedis(redis)}, ${await describeMysql(mysql)}`,
    `Machine: ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${memory}, ${systemName()} ${release()}`,
  ];
};

const git = (...words: string[]): string => execFileSync('git', words, { cwd: repository, encoding: 'utf8' }).trim();

const describeCommit = (): string => {
  try {
    // Excludes docs, because the benchmark itself writes there.
    const isChanged = git('status', '--porcelain', '--', '.', ':!docs') !== '';
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? ', with changes that are not committed' : '');
  } catch {
    return 'unknown';
  }
};

/** Returns the product and version. A Valkey also gives the version of Redis that it replaces. */
const describeRedis = async ({ host, port, password }: Servers['redis']): Promise<string> => {
  const client = await createClient({ socket: { host, port }, password }).connect();
  const info = await client.info('server');
  client.destroy();
  const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
  return valkey === undefined ? `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1]}` : `Valkey ${valkey}`;
};

const describeMysql = async (login: Servers['mysql']): Promise<string> => {
  const connection = await createConnection(login);
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  await connection.end();
  const version = String(row?.['version']);
  const [number] = version.split('-');
  return `${version.includes('MariaDB') ? 'MariaDB' : 'MySQL'} ${number}`;
};
