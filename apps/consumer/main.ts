import { randomBytes, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { checkLedgerServer } from '@sluice/ledger/check-server.ts';
import { connectLedger, type LedgerConnection } from '@sluice/ledger/connection/connection.ts';
import { readDatabaseId } from '@sluice/ledger/database-id.ts';
import { purgeInbox } from '@sluice/ledger/purge-inbox.ts';
import { recordBatches } from '@sluice/ledger/record.ts';
import { checkQueueServers } from '@sluice/queue/admin/check-servers.ts';
import { connectRedis } from '@sluice/queue/redis/connect.ts';
import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import { loadScripts } from '@sluice/queue/admin/load-scripts.ts';
import type { Partition } from '@sluice/queue/partition.ts';
import { readPartitions } from '@sluice/queue/admin/partition-registry.ts';
import { claimQueue } from '@sluice/queue/admin/queue-owner.ts';
import { readQueueState, type QueueState } from '@sluice/queue/admin/queue-state.ts';
import { removeIdleConsumers } from '@sluice/queue/consume/remove-consumers.ts';
import { createEntryReader } from '@sluice/queue/consume/read-entries.ts';
import { deadLetterEntry, ackEntries } from '@sluice/queue/consume/ack-entries.ts';
import { databaseSettingsOf, redisSettingsOf } from '@sluice/runtime/config/connections.ts';
import { createMetrics, publishMetrics } from '@sluice/runtime/metrics/metrics.ts';
import { runService } from '@sluice/runtime/service.ts';
import { startWatchdog } from '@sluice/runtime/watchdog.ts';
import { watchServers, type ServerWatch } from '@sluice/runtime/watch-servers.ts';
import { configSchema } from './config.ts';
import { consume } from './consume.ts';
import { discoverPartitions } from './discover-partitions.ts';
import { createConsumerMetrics } from './metrics.ts';
import { runHousekeeping } from './housekeeping.ts';

const recordWithinMs = 30_000;
const purgeWithinMs = 10_000;
const checkWithinMs = 3_000;
const maxEntries = 500;
const loopNumbers = [0, 1, 2];
// Each loop has a connection. With this many loops open, a further partition gets only one loop.
const manyLoops = 96;
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

const loopNumbersFor = (openLoops: number) => (openLoops < manyLoops ? loopNumbers : loopNumbers.slice(0, 1));

/** Returns the checks of Redis and MySQL for the consumer. */
const serverChecks = (connection: RedisConnection, ledger: LedgerConnection, queueName: string) => [
  async () => {
    const partitions = await readPartitions(connection, queueName);
    return checkQueueServers({ connection, queueName, partitions, deadlineMs: checkWithinMs });
  },
  async () => {
    const id = await readDatabaseId(ledger, checkWithinMs);
    return id === undefined ? [] : claimQueue(connection, queueName, id);
  },
  () => checkLedgerServer(ledger, checkWithinMs),
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

await runService(process, {
  name: 'consumer',
  schema: configSchema,
  start: async (config, logger) => {
    const { connect, closeAll } = openConnections(() =>
      connectRedis(redisSettingsOf(config), (error) =>
        logger.warn({ err: error }, 'lost the connection to Redis; reconnecting'),
      ),
    );
    const commands = connect();
    const ledger = connectLedger(databaseSettingsOf(config));
    const metrics = createMetrics(process, 'consumer');
    const consumerMetrics = createConsumerMetrics(metrics, ledger.inUse);
    const publishing = await publishMetrics(process, metrics, config);
    const watchdog = startWatchdog(process, config.WATCHDOG_MS);
    const stopping = new AbortController();
    const consumer = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
    const firstShard = randomInt(shards);
    let state: QueueState | undefined;

    const watch = watchServers({ checks: serverChecks(commands, ledger, config.REDIS_QUEUE), logger }, stopping.signal);
    const loops: Promise<void>[] = [watch.ended];
    // Each loop has its row of `totals`. While one waits for MySQL, the others can read or ack.
    const consumePartition = async (partition: Partition, index: number) => {
      const watched = watchdog.watch(`${partition.stream} ${index}`);
      const shard = (firstShard + index) % shards;
      const recording = { shard, inboxHours: config.INBOX_HOURS, deadlineMs: recordWithinMs };
      await consume(
        {
          reader: createEntryReader({ connection: connect(), partition, consumer, maxEntries }),
          record: (batches) => recordBatches(ledger, batches, recording),
          ack: (ids) => ackEntries(commands, partition, ids),
          moveToDeadLetters: (entry, reason) => deadLetterEntry(commands, partition, entry, reason),
          isPaused: () => isHeld(watch) || (state?.isPaused ?? false),
          heartbeat: watched.heartbeat,
          metrics: consumerMetrics,
          logger: logger.child({ partition: partition.stream }),
        },
        stopping.signal,
      );
      watched.end();
    };

    loops.push(
      discoverPartitions(
        {
          readPartitions: (onIgnored) => readPartitions(commands, config.REDIS_QUEUE, onIgnored),
          loadScripts: (partitions) => loadScripts(commands, partitions),
          readState: (partitions) => readQueueState(commands, config.REDIS_QUEUE, partitions),
          onPartition: (partition) =>
            loops.push(...loopNumbersFor(loops.length).map((index) => consumePartition(partition, index))),
          onState: (next) => {
            state = next;
            consumerMetrics.setQueueState(next);
          },
          logger,
        },
        stopping.signal,
      ),
      runHousekeeping(
        {
          purge: (maxRows) => purgeInbox(ledger, maxRows, purgeWithinMs),
          oldestAgeMs: () => state?.oldestAgeMs,
          inboxHours: config.INBOX_HOURS,
          onPurged: consumerMetrics.purged,
          removeIdleConsumers: () => removeDeadConsumers(commands, config.REDIS_QUEUE),
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
        await ledger.close();
      },
    };
  },
});
