import { Queue } from 'bullmq';
import express from 'express';

const { PORT, QUEUE, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD } = process.env;

const queue = new Queue(QUEUE, {
  // BullMQ's guide for production: a request fails at once while Redis is unavailable.
  connection: { host: REDIS_HOST, port: Number(REDIS_PORT), password: REDIS_PASSWORD, enableOfflineQueue: false },
  // Retries for about two minutes.
  defaultJobOptions: { attempts: 8, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: true },
});
queue.on('error', (error) => console.error(error.message));

const app = express();
app.use(express.json());

app.post('/count', async (request, response) => {
  const { count } = request.body;
  if (!Number.isInteger(count)) {
    response.status(400).json({ message: 'count must be an integer' });
    return;
  }
  await queue.add('count', { count });
  response.status(201).json({ message: 'Value added to Redis queue', value: count });
});

app.listen(Number(PORT), '127.0.0.1');
