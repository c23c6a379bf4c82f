import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { countCodec } from '@sluice/contract/entry.ts';
import { readUndeclaredTables } from '@sluice/ledger/rows/undeclared-tables.ts';
import { oncePerOutage } from '@sluice/queue/redis/once-per-outage.ts';
import { connectRedis } from '@sluice/queue/redis/connect.ts';
import type { RedisConnection } from '@sluice/queue/redis/connection.ts';
import { checkQueueServers } from '@sluice/queue/admin/check-servers.ts';
import { checkUndeclaredTables } from '@sluice/queue/admin/check-undeclared-tables.ts';
import { createEnqueuer } from '@sluice/queue/append/enqueue.ts';
import { partitionsOf, type Partition } from '@sluice/queue/partition.ts';
import { readPartitions } from '@sluice/queue/admin/partition-registry.ts';
import { claimQueue } from '@sluice/queue/admin/queue-owner.ts';
import { readReadiness } from '@sluice/queue/admin/readiness.ts';
import { joinStates, readQueueState } from '@sluice/queue/admin/queue-state.ts';
import { databaseSettingsOf, redisSettingsOf } from '@sluice/runtime/config/connections.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import { listenHost } from '@sluice/runtime/config/listen-host.ts';
import { createMetrics, publishMetrics } from '@sluice/runtime/metrics/metrics.ts';
import { loadTables, tableMigrationsFolderOf } from '@sluice/runtime/config/tables.ts';
import { runService } from '@sluice/runtime/service.ts';
import { watchServers } from '@sluice/runtime/watch-servers.ts';
import type * as z from 'zod';
import { configSchema } from './config.ts';
import { connectReads } from './reads/connect-reads.ts';
import { keepRegistered } from './keep-registered.ts';
import { createProducerMetrics, type ProducerMetrics } from './metrics.ts';
import { readInTime } from './reads/read-in-time.ts';
import { createServer } from './server.ts';
import { coalesce } from './reads/coalesce.ts';
import { createRegistration } from './registration.ts';
import { createTableServices } from './tables.ts';
import { tokenGuardOf } from './http/tokens.ts';

// Every answer comes within 2 s of its request. The rest of the time is for the network.
const acknowledgeWithinMs = 1_800;
const attemptWithinMs = 800;
// A request may wait for the read before its own, so two reads must fit into the 2 s.
const readWithinMs = 900;
// The kernel holds this many connections while the process is busy. Beyond Node's default of 511 it
// drops them: a client retries after a second, and a proxy with a shorter timeout answers 503.
const maxWaitingConnections = 4_096;
// A producer starts without Redis too, and reports that it is unavailable.
const registerWithinMs = 3_000;

/** Returns the limits under which the queue accepts counts. */
const limitsOf = (config: z.output<typeof configSchema>) => ({
  ackReplicas: config.QUEUE_ACK_REPLICAS,
  maxBatches: config.QUEUE_MAX_BATCHES,
  maxKeys: config.IDEMPOTENCY_MAX_KEYS,
});

const listenOptionsOf = (config: z.output<typeof configSchema>) => ({
  host: listenHost(config.HTTP_ADDRESS),
  port: config.HTTP_PORT,
  backlog: maxWaitingConnections,
});

/** Returns the checks of Redis (first) and MySQL for the producer. */
const serverChecks = (
  { REDIS_QUEUE, QUEUE_ACK_REPLICAS }: z.output<typeof configSchema>,
  connection: RedisConnection,
  partitions: readonly Partition[],
  undeclared: readonly string[],
  { checkServer, readDatabaseId }: Pick<ReturnType<typeof connectReads>, 'checkServer' | 'readDatabaseId'>,
) => [
  () =>
    checkQueueServers({
      connection,
      queueName: REDIS_QUEUE,
      partitions,
      ackReplicas: QUEUE_ACK_REPLICAS,
      deadlineMs: attemptWithinMs,
    }),
  async () => {
    const id = await readDatabaseId();
    return id === undefined ? [] : claimQueue(connection, REDIS_QUEUE, id);
  },
  checkServer,
  () => checkUndeclaredTables(connection, REDIS_QUEUE, undeclared),
];

/** Reads the state of all partitions of a queue. Concurrent requests share one read. */
const stateReader = (connection: RedisConnection, queueName: string) =>
  coalesce(() =>
    readInTime(
      async () => readQueueState(connection, queueName, await readPartitions(connection, queueName)),
      readWithinMs,
    ),
  );

/** Reads the readiness of the queue. Concurrent requests share one read. */
const readinessReader = (queue: Omit<Parameters<typeof readReadiness>[0], 'deadlineMs'>, isRegistered: () => boolean) =>
  coalesce(async () => {
    const found = await readReadiness({ ...queue, deadlineMs: attemptWithinMs });
    return found === 'up' && !isRegistered() ? 'down' : found;
  });

const retryLogger = (logger: Logger, metrics: ProducerMetrics) => (error: unknown) => {
  metrics.retried();
  logger[levelOf(error)]({ err: error }, 'Redis did not accept a batch; retrying');
};

/** Returns the settings of the HTTP server. */
const serverSettingsOf = (
  config: z.output<typeof configSchema>,
  logger: Logger,
): Parameters<typeof createServer>[1] => ({
  corsOrigin: config.CORS_ORIGIN,
  allowedHosts: config.HTTP_ALLOWED_HOSTS,
  clientAddressHeader: config.CLIENT_ADDRESS_HEADER,
  logger,
});

await runService(process, {
  name: 'producer',
  schema: configSchema,
  start: async (config, logger) => {
    const tables = await loadTables(config.TABLES_FILE);
    const undeclared = await readUndeclaredTables(tableMigrationsFolderOf(config.TABLES_FILE), tables);
    const onLost = oncePerOutage((error) => logger.warn({ err: error }, 'lost the connection to Redis; reconnecting'));
    const connect = () => connectRedis(redisSettingsOf(config), onLost);
    const partitions = partitionsOf(config.REDIS_QUEUE, config.QUEUE_PARTITIONS);
    // Two connections: a command that waits for replicas delays all commands after it.
    const writing = connect();
    const reading = connect();
    const ledger = connectReads(databaseSettingsOf(config), tables, readWithinMs);
    const metrics = createMetrics(process, 'producer');
    const producerMetrics = createProducerMetrics(metrics, ledger.inUse);
    const publishing = await publishMetrics(process, metrics, config);
    const limits = limitsOf(config);
    const stopping = new AbortController();
    const checks = serverChecks(config, reading, partitions, undeclared, ledger);
    const watch = watchServers({ checks, logger }, stopping.signal);
    const registration = createRegistration(reading, config.REDIS_QUEUE, partitions, tables, watch);
    const enqueuing = {
      ...limits,
      connection: writing,
      areRegistered: registration.isDone,
      deadlineMs: acknowledgeWithinMs,
      attemptMs: attemptWithinMs,
      onError: retryLogger(logger, producerMetrics),
    };
    const onPipeline = producerMetrics.sentPipeline;
    const enqueuer = createEnqueuer({ ...enqueuing, codec: countCodec, partitions, onPipeline });
    const rows = createTableServices({
      ...{ tables, partitions, enqueuing, reading, ledger, readWithinMs, metrics: producerMetrics },
      queueName: config.REDIS_QUEUE,
      maxBytes: config.QUEUE_MAX_BYTES,
    });
    const readState = stateReader(reading, config.REDIS_QUEUE);
    const following = keepRegistered(
      {
        register: registration.register,
        readState: async () => joinStates(await readState(), await rows.readStates()),
        onState: producerMetrics.setQueueState,
        logger,
      },
      stopping.signal,
    );
    const server = createServer(
      {
        hostname: hostname(),
        enqueue: enqueuer.enqueue,
        tables: rows.services,
        readFindings: watch.findings,
        readTotal: ledger.readTotal,
        readPage: ledger.readPage,
        readQueueState: readState,
        readQueueReadiness: readinessReader({ ...limits, connection: reading, partitions }, registration.isDone),
        isLedgerUp: ledger.isLedgerUp,
        tokenGuard: tokenGuardOf(config, logger),
        onAccepted: producerMetrics.accepted,
        onRefused: producerMetrics.refused,
      },
      serverSettingsOf(config, logger),
    );
    await Promise.race([registration.done, pause(registerWithinMs)]);
    logger.info({ address: await server.listen(listenOptionsOf(config)) }, 'listening');

    return {
      stop: async () => {
        stopping.abort();
        await server.close();
        await Promise.all([enqueuer.drain(), rows.drain()]);
        await following;
        await watch.ended;
        await publishing.stop();
        writing.close();
        reading.close();
        await ledger.close();
      },
    };
  },
});
