import { randomBytes, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { connectLedger } from '@sluice/ledger/connection.ts';
import { recordBatches } from '@sluice/ledger/record.ts';
import { connectRedis } from '@sluice/queue/connection.ts';
import { partitionOf } from '@sluice/queue/partition.ts';
import { createEntryReader } from '@sluice/queue/read-entries.ts';
import { buryEntry, settleEntries } from '@sluice/queue/settle-entries.ts';
import { runService } from '@sluice/runtime/service.ts';
import { configSchema } from './config.ts';
import { consume } from './consume.ts';

const recordWithinMs = 30_000;
const maxEntriesPerRead = 500;
const slots = 16;

await runService(process, {
  name: 'consumer',
  schema: configSchema,
  start: async (config, logger) => {
    const connect = () =>
      connectRedis(
        {
          host: config.REDIS_HOST,
          port: config.REDIS_PORT,
          username: config.REDIS_USERNAME,
          password: config.REDIS_PASSWORD,
        },
        (error) => logger.warn({ err: error }, 'lost the connection to Redis; connecting again'),
      );
    const reading = connect();
    const settling = connect();
    const ledger = connectLedger({
      host: config.DB_HOST,
      port: config.DB_PORT,
      user: config.DB_USER,
      password: config.DB_PASSWORD,
      database: config.DB_NAME,
    });
    const partition = partitionOf(config.REDIS_QUEUE, 0);
    const stopping = new AbortController();
    const settings = { slot: randomInt(slots), inboxHours: config.INBOX_HOURS, deadlineMs: recordWithinMs };

    const consuming = consume(
      {
        reader: createEntryReader({
          connection: reading,
          partition,
          consumer: `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`,
          maxEntries: maxEntriesPerRead,
        }),
        record: (batches) => recordBatches(ledger, batches, settings),
        settle: (ids) => settleEntries(settling, partition, ids),
        bury: (entry, reason) => buryEntry(settling, partition, entry, reason),
        logger,
      },
      stopping.signal,
    );

    return {
      stop: async () => {
        stopping.abort();
        await consuming;
        reading.close();
        settling.close();
        await ledger.close();
      },
    };
  },
});
