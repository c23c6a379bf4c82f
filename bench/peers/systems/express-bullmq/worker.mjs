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

const worker = new Worker(
  QUEUE,
  async (job) => {
    await pool.execute('INSERT INTO `count` (count_value) VALUES (?)', [job.data.count]);
  },
  {
    connection: {
      host: REDIS_HOST,
      port: Number(REDIS_PORT),
      password: REDIS_PASSWORD,
      maxRetriesPerRequest: null,
    },
    concurrency: 100,
  },
);
worker.on('error', (error) => console.error(error.message));
