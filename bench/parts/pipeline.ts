import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { migrate } from '@sluice/ledger/migrate.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { serviceArguments, serviceEnvironment } from '@sluice/local/service-command.ts';
import { connectRedis } from '@sluice/queue/redis/connect.ts';
import { partitionsOf, tablePartitionOf } from '@sluice/queue/partition.ts';
import { registerPartitions } from '@sluice/queue/admin/partition-registry.ts';
import { createTableSqlOf } from '@sluice/table/sql.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import { createClient } from '@redis/client';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Owner } from './owner.ts';
import { startService, type Service } from './service.ts';
import type { BenchTables } from './tables.ts';

/** The addresses and logins of the private servers. */
export type Servers = {
  readonly redis: { readonly host: string; readonly port: number; readonly password: string };
  readonly mysql: { readonly host: string; readonly port: number; readonly user: string; readonly password: string };
  /** Returns the ids of their processes. */
  readonly pids: () => readonly number[];
};

/** A producer that takes counts at `port`. */
export type Producer = Service & { readonly port: number };

export type Pipeline = Awaited<ReturnType<typeof createPipeline>>;

const drainedWithinMs = 120_000;
// Infrequent enough that polling costs the database almost nothing.
const pollEveryMs = 20;

const isStarted = (line: string): boolean => line.includes('"msg":"started"');

/**
 * Creates a queue, a schema and the services of the pipeline: `node apps/NAME/main.ts` with an
 * environment. Its owner ends all of it. `redisPort` leads through a proxy. With `tables`, the queue
 * and the ledger are those of their rows. Otherwise they are those of counts.
 */
export const createPipeline = async (
  owner: Owner,
  { redis, mysql }: Servers,
  { redisPort = redis.port, tables }: { readonly redisPort?: number; readonly tables?: BenchTables } = {},
) => {
  const name = `bench-${randomBytes(4).toString('hex')}`;
  const database = name.replace('-', '_');
  const login = { username: mysql.user, password: mysql.password };
  await migrate({ host: mysql.host, port: mysql.port, database, tls: false, login: () => Promise.resolve(login) });
  const sql = await createConnection({ ...mysql, database });
  const client = createClient({ socket: { host: redis.host, port: redis.port }, password: redis.password });
  client.on('error', () => undefined);
  await client.connect();
  const [partition] = partitionsOf(name, 1);
  if (partition === undefined) throw new Error('A queue has at least one partition');
  await register(redis, name, partition);
  for (const table of tables?.tables ?? []) await sql.query(createTableSqlOf(storedTableOf(table)));
  const streams = tables?.tables.map((table) => tablePartitionOf(partition, table.name).stream) ?? [partition.stream];
  owner.after(async () => {
    await sql.query('DROP DATABASE ??', [database]);
    await sql.end();
    await client.del([...streams, `${name}:partitions`]);
    client.destroy();
  });

  const environment = {
    ...serviceEnvironment(),
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redisPort),
    REDIS_PASSWORD: redis.password,
    REDIS_QUEUE: name,
    DB_HOST: mysql.host,
    DB_PORT: String(mysql.port),
    DB_USER: mysql.user,
    DB_PASSWORD: mysql.password,
    DB_NAME: database,
    ...(tables === undefined ? {} : { TABLES_FILE: tables.file }),
  };

  const startProducer = async (): Promise<Producer> => {
    const port = await findFreePort();
    const own = { ...environment, HTTP_PORT: String(port) };
    return { port, ...(await startService(owner, serviceArguments('producer'), own, isStarted)) };
  };

  const startConsumer = (): Promise<Service> =>
    startService(owner, serviceArguments('consumer'), environment, isStarted);

  const isEmpty = async () => {
    const lengths = await Promise.all(streams.map((stream) => client.xLen(stream)));
    return lengths.every((length) => length === 0);
  };

  /** Resolves when all entries of the queue are recorded. */
  const untilDrained = () => waitUntil(isEmpty, drainedWithinMs);

  /** Removes every entry from the queue, recorded or not. */
  const emptyQueue = async (): Promise<void> => {
    await Promise.all(streams.map((stream) => client.xTrim(stream, 'MAXLEN', 0)));
  };

  return {
    streams,
    database,
    client,
    sql,
    startProducer,
    startConsumer,
    ...watchLedger(sql, tables),
    emptyQueue,
    untilDrained,
  };
};

/** Registers the partition as a producer does at its start, for a pipeline without one. */
const register = async (
  { host, port, password }: Servers['redis'],
  name: string,
  partition: Parameters<typeof registerPartitions>[2][number],
): Promise<void> => {
  const credentials = async () => ({ password });
  const connection = connectRedis({ host, port, isCluster: false, tls: false, credentials }, () => undefined);
  try {
    await registerPartitions(connection, name, [partition]);
  } finally {
    connection.close();
  }
};

const watchLedger = (sql: Connection, tables?: BenchTables) => {
  const filled = tables?.tables.map((table) => table.name) ?? ['count'];
  const totals = tables === undefined ? 'totals' : 'table_totals';

  /** Empties the tables. An idle consumer does not notice. */
  const emptyLedger = async (): Promise<void> => {
    for (const table of ['inbox', totals, ...filled]) {
      await sql.query('TRUNCATE TABLE ??', [table]);
    }
  };

  /** Reads the number of recorded counts or rows. */
  const countRecorded = async (): Promise<number> => {
    const [[row]] = await sql.query<RowDataPacket[]>('SELECT COALESCE(SUM(rows_count), 0) AS total FROM ??', [totals]);
    return Number(row?.['total']);
  };

  /** Waits for at least `rows` of them. Resolves to their number. */
  const untilRecorded = async (rows: number): Promise<number> => {
    const giveUpAt = performance.now() + drainedWithinMs;
    for (;;) {
      const recorded = await countRecorded();
      if (recorded >= rows) return recorded;
      if (performance.now() > giveUpAt) {
        throw new Error(`${recorded} of ${rows} were recorded within ${drainedWithinMs} ms`);
      }
      await pause(pollEveryMs);
    }
  };

  return { emptyLedger, countRecorded, untilRecorded };
};
