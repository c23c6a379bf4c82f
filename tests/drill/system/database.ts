import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { withDeadline } from '@sluice/async/with-deadline.ts';
import { findServers } from '@sluice/local/servers/find-servers.ts';
import { mysqlPart } from '@sluice/local/servers/mysql.ts';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { createDisk } from '../hosts/disk.ts';
import { hostOf } from '../hosts/hosts.ts';
import { addressesOf, setName } from '../hosts/names.ts';
import { clockOf } from './clocks.ts';
import { untilDone } from './until-done.ts';
import type { Process, ProcessCreator } from './process.ts';

export const databaseHost = 'database';
export const mysqlPort = 3306;
export const login = { user: 'sluice', password: 'not-a-secret', database: 'count' } as const;

const diskMb = 1_024;
const answerWithinMs = 3_000;

/**
 * Creates a MySQL that fails over as RDS does with a standby: two hosts can run it on one disk, and
 * a name follows the one that does.
 */
export const createDatabase = async (processOn: ProcessCreator) => {
  const { mysql } = findServers({ redis: false, mysql: true }, () => undefined);
  if (mysql === undefined || !('program' in mysql)) throw new Error('The drill needs a program of MySQL or MariaDB');
  const disk = createDisk('mysql', diskMb);
  const part = await mysqlPart({ runner: mysql, folder: disk.folder, port: mysqlPort, ...login });
  const initFile = allowHosts(disk.folder);
  const mysqlOn = (name: string): Process => {
    const host = hostOf(name);
    return processOn(host, {
      ...part,
      name,
      args: [...part.args, '--bind-address=0.0.0.0', `--init-file=${initFile}`],
      env: clockOf('database'),
      checkReady: async () => void (await askAt(host.address, 'SELECT 1')),
    });
  };
  const standbys = [mysqlOn('mysql-a'), mysqlOn('mysql-b')] as const;
  let active = 0;

  const process = (): Process => standbys[active] ?? standbys[0];

  const start = async (): Promise<void> => {
    await process().up();
    setName(databaseHost, [process().host.address]);
  };

  const ask = (sql: string, withinMs?: number) => askAt(process().host.address, sql, withinMs);

  /**
   * Ends the MySQL that runs, starts it on the other host, and lets the name follow `nameMs` later.
   * Resolves with the time in ms until the other host served.
   */
  const failOver = async (nameMs: number): Promise<number> => {
    const startedAt = performance.now();
    const former = process();
    active = 1 - active;
    // A frozen or isolated one must not record while the other runs on the same disk.
    await former.down('SIGKILL');
    await process().up();
    const ms = performance.now() - startedAt;
    await pause(nameMs);
    setName(databaseHost, [process().host.address]);
    return ms;
  };

  return { disk, process, start, ask, failOver };
};

/** Resolves when the name leads to a MySQL that answers. */
export const untilServing = () => untilDone(() => askAt(addressesOf(databaseHost)[0] ?? '', 'SELECT 1'));

/** Adds users for other hosts to the statements that MySQL runs at its start. Returns their file. */
const allowHosts = (folder: string): string => {
  const file = join(folder, 'drill.sql');
  writeFileSync(file, readFileSync(join(folder, 'init.sql')));
  for (const user of ['root', login.user]) {
    appendFileSync(
      file,
      `CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY '${login.password}';\nGRANT ALL ON *.* TO '${user}'@'%' WITH GRANT OPTION;\n`,
    );
  }
  return file;
};

/** Runs one statement over a connection of its own. Throws if there is no answer in time. */
const askAt = async (host: string, sql: string, withinMs = answerWithinMs): Promise<RowDataPacket[]> => {
  const server = { host, port: mysqlPort, user: 'root', password: login.password };
  const opening = createConnection({ ...server, connectTimeout: answerWithinMs });
  try {
    return await withDeadline(
      async () => {
        const [rows] = await (await opening).query<RowDataPacket[]>(sql);
        return rows;
      },
      withinMs,
      () => new Error(`MySQL at ${host} did not answer within ${withinMs} ms`),
    );
  } finally {
    opening.then((connection) => connection.destroy()).catch(() => undefined);
  }
};
