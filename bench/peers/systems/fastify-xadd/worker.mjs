import { Redis } from 'ioredis';
import { createPool } from 'mysql2/promise';

const { QUEUE, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD } = process.env;
const { DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;

const redis = new Redis({ host: REDIS_HOST, port: Number(REDIS_PORT), password: REDIS_PASSWORD });
const pool = createPool({
  host: DB_HOST,
  port: Number(DB_PORT),
  user: DB_USER,
  password: DB_PASSWORD,
  database: DB_NAME,
});
const group = 'workers';
const consumer = 'worker-1';

try {
  await redis.xgroup('CREATE', QUEUE, group, '0', 'MKSTREAM');
} catch (error) {
  if (!error.message.startsWith('BUSYGROUP')) throw error;
}

// At the start and when idle, it reads the entries that it got and never acknowledged. After an
// error the process ends, and its platform starts it again.
let from = '0';
for (;;) {
  const reply = await redis.xreadgroup(
    ...['GROUP', group, consumer, 'COUNT', 1000, 'BLOCK', 2000],
    ...['STREAMS', QUEUE, from],
  );
  const entries = reply?.[0][1] ?? [];
  if (entries.length === 0) {
    from = from === '0' ? '>' : '0';
    continue;
  }
  await pool.query('INSERT INTO `count` (count_value) VALUES ?', [entries.map(([, [, count]]) => [count])]);
  const ids = entries.map(([id]) => id);
  await redis
    .multi()
    .xack(QUEUE, group, ...ids)
    .xdel(QUEUE, ...ids)
    .exec();
}
