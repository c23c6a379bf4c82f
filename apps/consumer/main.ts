import { randomBytes, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { checkLedgerServer } from '@sluice/ledger/check-server.ts';
import { connectLedger, type LedgerConnection } from '@sluice/ledger/connection/connection.ts';
import { readDatabaseId } from '@sluice/ledger/database-id.ts';
import { checkTables } from '@sluice/ledger/rows/check-tables.ts';
import { readUndeclaredTables } from '@sluice/ledger/rows/undeclared-tables.ts';
import { purgeInbox } from '@sluice/ledger/purge-inbox.ts';
import { checkQueueServers } from '@sluice/queue/admin/check-servers.ts';
import { checkUndeclaredTables } from '@sluice/queue/admin/check-undeclared-tables.ts';
import { oncePerOutage } from '@sluice/queue/redis/once-per-outage.ts';
import { connectRedis } from '@sluice/queue/redis/connect.ts';
import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import { loadScripts } from '@sluice/queue/admin/load-scripts.ts';
import { readPartitions } from '@sluice/queue/admin/partition-registry.ts';
import { claimQueue } from '@sluice/queue/admin/queue-owner.ts';
import { joinStates, readQueueState, type QueueState } from '@sluice/queue/admin/queue-state.ts';
import { removeIdleConsumers } from '@sluice/queue/consume/remove-consumers.ts';
import { databaseSettingsOf, redisSettingsOf } from '@sluice/runtime/config/connections.ts';
import { createMetrics, publishMetrics } from '@sluice/runtime/metrics/metrics.ts';
import { loadTables, tableMigrationsFolderOf } from '@sluice/runtime/config/tables.ts';
import { runService } from '@sluice/runtime/service.ts';
import { startWatchdog } from '@sluice/runtime/watchdog.ts';
import { watchServers, type ServerWatch } from '@sluice/runtime/watch-servers.ts';
import { storedTableOf, type StoredTable } from '@sluice/table/stored-table.ts';
import { configSchema } from './config.ts';
import { createCountConsumer, type LoopSettings } from './consume-counts.ts';
import { createTableConsumer } from './consume-tables.ts';
import { discoverPartitions } from './discover-partitions.ts';
import { createConsumerMetrics } from './metrics.ts';
import { runHousekeeping } from './housekeeping.ts';

const recordWithinMs = 30_000;
const purgeWithinMs = 10_000;
const checkWithinMs = 3_000;
const shards = 16;
const deadAfterMs = 3_600_000;

const openConnections = (open: () => RedisConnection) => {
  const opened: RedisConnection[] = [];
  const connect = () => {
    const connection = open();
    opened.push(connection);
    return connection;
  };
  const closeAll = () => {
    for (const connection of opened) connection.close();
  };
  return { connect, closeAll };
};

/** Returns the checks of Redis and MySQL for the consumer. */
const serverChecks = (
  connection: RedisConnection,
  ledger: LedgerConnection,
  queueName: string,
  tables: readonly StoredTable[],
  undeclared: readonly string[],
) => [
  async () => {
    const partitions = await readPartitions(connection, queueName);
    return checkQueueServers({ connection, queueName, partitions, deadlineMs: checkWithinMs });
  },
  async () => {
    const id = await readDatabaseId(ledger, checkWithinMs);
    return id === undefined ? [] : claimQueue(connection, queueName, id);
  },
  () => checkLedgerServer(ledger, checkWithinMs),
  () => checkTables(ledger, tables, checkWithinMs),
  () => checkUndeclaredTables(connection, queueName, undeclared),
];

/**
 * True while the consumer must not touch entries. Entries of another database stay in the queue,
 * and the owner is unknown until MySQL has answered.
 */
const isHeld = ({ isComplete, findings }: ServerWatch): boolean =>
  !isComplete() || findings().some(({ code }) => code === 'queue_of_another_database');

const removeDeadConsumers = async (commands: RedisConnection, queueName: string) => {
  const partitions = await readPartitions(commands, queueName);
  await Promise.all(partitions.map((partition) => removeIdleConsumers(commands, partition, deadAfterMs)));
};

/** Returns the settings of a loop's transactions. Consumers begin with different rows of `totals`. */
const recordingOf = (inboxHours: number): LoopSettings['recordingOf'] => {
  const first = randomInt(shards);
  return (index) => ({ shard: (first + index) % shards, inboxHours, deadlineMs: recordWithinMs });
};

/** Returns the greatest age, undefined if one is not known. */
const oldestOf = (...ages: readonly (number | undefined)[]): number | undefined =>
  ages.includes(undefined) ? undefined : Math.max(...ages.map(Number));

await runService(process, {
  name: 'consumer',
  schema: configSchema,
  start: async (config, logger) => {
    const tables = await loadTables(config.TABLES_FILE);
    const undeclared = await readUndeclaredTables(tableMigrationsFolderOf(config.TABLES_FILE), tables);
    const onLost = oncePerOutage((error) => logger.warn({ err: error }, 'lost the connection to Redis; reconnecting'));
    const { connect, closeAll } = openConnections(() => connectRedis(redisSettingsOf(config), onLost));
    const commands = connect();
    const ledger = connectLedger(databaseSettingsOf(config));
    const metrics = createMetrics(process, 'consumer');
    const consumerMetrics = createConsumerMetrics(metrics, () => ledger.inUse() + rows.connectionsInUse());
    const publishing = await publishMetrics(process, metrics, config);
    const watchdog = startWatchdog(process, config.WATCHDOG_MS);
    const stopping = new AbortController();
    let state: QueueState | undefined;

    const checks = serverChecks(commands, ledger, config.REDIS_QUEUE, tables.map(storedTableOf), undeclared);
    const watch = watchServers({ checks, logger }, stopping.signal);
    const loops: Promise<void>[] = [watch.ended];
    const shared: LoopSettings = {
      ...{ connect, commands, watchdog, logger, metrics: consumerMetrics },
      consumer: `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`,
      recordingOf: recordingOf(config.INBOX_HOURS),
      isPaused: () => isHeld(watch) || (state?.isPaused ?? false),
    };
    const counts = createCountConsumer({ ...shared, ledger }, stopping.signal);
    const rows = createTableConsumer(
      { ...shared, tables, queueName: config.REDIS_QUEUE, database: databaseSettingsOf(config) },
      stopping.signal,
    );
    loops.push(rows.follow());
    loops.push(
      discoverPartitions(
        {
          readPartitions: (onIgnored) => readPartitions(commands, config.REDIS_QUEUE, onIgnored),
          loadScripts: (partitions) => loadScripts(commands, partitions),
          readState: (partitions) => readQueueState(commands, config.REDIS_QUEUE, partitions),
          onPartition: (partition) =>
            loops.push(...counts.consumePartition(partition), ...rows.consumePartition(partition)),
          onState: (next) => {
            state = next;
            consumerMetrics.setQueueState(joinStates(next, rows.states()));
          },
          logger,
        },
        stopping.signal,
      ),
      runHousekeeping(
        {
          purge: (maxRows) => purgeInbox(ledger, maxRows, purgeWithinMs),
          oldestAgeMs: () => oldestOf(state?.oldestAgeMs, rows.oldestAgeMs()),
          inboxHours: config.INBOX_HOURS,
          onPurged: consumerMetrics.purged,
          removeIdleConsumers: async () => {
            await removeDeadConsumers(commands, config.REDIS_QUEUE);
            await rows.removeIdle(deadAfterMs);
          },
          logger,
        },
        stopping.signal,
      ),
    );

    return {
      stop: async () => {
        stopping.abort();
        await Promise.all(loops);
        await watchdog.stop();
        await publishing.stop();
        closeAll();
        await rows.close();
        await ledger.close();
      },
    };
  },
});
