import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { migrate } from '@sluice/ledger/migrate.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { createClient } from '@redis/client';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import type { Owner } from '../parts/owner.ts';
import type { Servers } from '../parts/pipeline.ts';
import type { Peer, Place } from './peer.ts';

// Infrequent enough that polling costs the database almost nothing.
const pollEveryMs = 20;

/** The table `count` and the queue of a peer, which its processes share. */
export type Site = Awaited<ReturnType<typeof createSite>>;

/**
 * Creates a schema with the tables of Sluice, of which peers use `count`, and the place in which the
 * processes of a peer start. Its owner removes both.
 */
export const createSite = async (owner: Owner, { redis, mysql }: Servers, { id }: Peer) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-peer-'));
  owner.after(() => rmSync(folder, { recursive: true }));
  const database = `peer_${id.replaceAll('-', '_')}`;
  const login = { username: mysql.user, password: mysql.password };
  await migrate({ host: mysql.host, port: mysql.port, database, tls: false, login: () => Promise.resolve(login) });
  // A pool replaces connections that a killed server broke.
  const sql = createPool({ ...mysql, database });
  const client = createClient({ socket: { host: redis.host, port: redis.port }, password: redis.password });
  client.on('error', () => undefined);
  await client.connect();
  owner.after(async () => {
    await sql.query('DROP DATABASE ??', [database]);
    await sql.end();
    client.destroy();
  });
  const place: Place = {
    folder,
    environment: {
      PORT: String(await findFreePort()),
      QUEUE: id,
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
      REDIS_PASSWORD: redis.password,
      DB_HOST: mysql.host,
      DB_PORT: String(mysql.port),
      DB_USER: mysql.user,
      DB_PASSWORD: mysql.password,
      DB_NAME: database,
    },
  };

  const readNumber = async (statement: string): Promise<number> => {
    const [[row]] = await sql.query<RowDataPacket[]>(statement);
    return Number(row?.['number']);
  };

  /** Counts the recorded rows. */
  const countRows = () => readNumber('SELECT COUNT(*) AS number FROM `count`');

  /**
   * Waits for `rows` rows, at most `withinMs`. Resolves to their number. Counting all rows would
   * slow down what is measured, so it reads the highest id until that suffices.
   */
  const untilRecorded = async (rows: number, withinMs: number): Promise<number> => {
    const giveUpAt = performance.now() + withinMs;
    while (performance.now() < giveUpAt) {
      const highest = await readNumber('SELECT COALESCE(MAX(id), 0) AS number FROM `count`');
      if (highest >= rows && (await countRows()) >= rows) return countRows();
      await pause(pollEveryMs);
    }
    return countRows();
  };

  /** Empties the table. */
  const emptyTable = async (): Promise<void> => {
    await sql.query('TRUNCATE TABLE `count`');
  };

  /** Empties the table, and the queue if it is not drained. No worker may run then. */
  const empty = async (isDrained: boolean): Promise<void> => {
    if (!isDrained) await client.flushAll();
    await emptyTable();
  };

  /** Reads the memory that Redis uses for its data, in bytes. Buffers of clients do not count. */
  const readRedisBytes = async (): Promise<number> =>
    Number(/^used_memory_dataset:(\d+)/m.exec(await client.info('memory'))?.[1]);

  return { place, client, sql, database, untilRecorded, emptyTable, empty, readRedisBytes };
};
