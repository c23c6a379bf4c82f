import { Worker } from 'bullmq';
import { createPool } from 'mysql2/promise';

const { QUEUE, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD } = process.env;
const { DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;

const pool = createPool({
  host: DB_HOST,
  port: Number(DB_PORT),
  user: DB_USER,
  password: DB_PASSWORD,
  database: DB_NAME,
});

// The jobs that arrive while an INSERT runs share the next one.
let batch;

const insert = (count) => {
  batch ??= { counts: [], done: lastInsert.then(flush) };
  batch.counts.push([count]);
  return batch.done;
};

const flush = async () => {
  const { counts } = batch;
  batch = undefined;
  const done = pool.query('INSERT INTO `count` (count_value) VALUES ?', [counts]);
  lastInsert = done.catch(() => undefined);
  await done;
};

let lastInsert = Promise.resolve();

const worker = new Worker(QUEUE, (job) => insert(job.data.count), {
  connection: {
    host: REDIS_HOST,
    port: Number(REDIS_PORT),
    password: REDIS_PASSWORD,
    maxRetriesPerRequest: null,
  },
  concurrency: 500,
});
worker.on('error', (error) => console.error(error.message));
