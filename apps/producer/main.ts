import { hostname } from 'node:os';
import { connectLedger } from '@sluice/ledger/connection.ts';
import { isLedgerUp } from '@sluice/ledger/ping.ts';
import { readTotal } from '@sluice/ledger/read-total.ts';
import { shareNext } from '@sluice/ledger/share-next.ts';
import { connectRedis } from '@sluice/queue/connection.ts';
import { createEnqueuer } from '@sluice/queue/enqueue.ts';
import { partitionOf } from '@sluice/queue/partition.ts';
import { isQueueUp } from '@sluice/queue/ping.ts';
import { runService } from '@sluice/runtime/service.ts';
import { configSchema } from './config.ts';
import { createServer } from './server.ts';

// Every answer comes within 2 s of its request; what is left after these is for the way there and back.
const acknowledgeWithinMs = 1_800;
const attemptWithinMs = 800;
// A reader may wait for the query before its own, so two of these must fit.
const readWithinMs = 900;

await runService(process, {
  name: 'producer',
  schema: configSchema,
  start: async (config, logger) => {
    const redis = connectRedis(
      {
        host: config.REDIS_HOST,
        port: config.REDIS_PORT,
        username: config.REDIS_USERNAME,
        password: config.REDIS_PASSWORD,
      },
      (error) => logger.warn({ err: error }, 'lost the connection to Redis; connecting again'),
    );
    const ledger = connectLedger({
      host: config.DB_HOST,
      port: config.DB_PORT,
      user: config.DB_USER,
      password: config.DB_PASSWORD,
      database: config.DB_NAME,
    });
    const enqueuer = createEnqueuer({
      connection: redis,
      partition: partitionOf(config.REDIS_QUEUE, 0),
      deadlineMs: acknowledgeWithinMs,
      attemptMs: attemptWithinMs,
      onError: (error) => logger.warn({ err: error }, 'Redis did not take a batch; sending it again'),
    });
    const server = createServer(
      {
        hostname: hostname(),
        enqueue: enqueuer.enqueue,
        readTotal: shareNext(() => readTotal(ledger, readWithinMs)),
        isQueueUp: () => isQueueUp(redis, attemptWithinMs),
        isLedgerUp: () => isLedgerUp(ledger, readWithinMs),
      },
      { corsOrigin: config.CORS_ORIGIN, logger },
    );
    await server.listen({ host: '::', port: config.HTTP_PORT });

    return {
      stop: async () => {
        await server.close();
        await enqueuer.drain();
        redis.close();
        await ledger.close();
      },
    };
  },
});
