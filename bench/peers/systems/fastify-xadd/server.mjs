import { fastify } from 'fastify';
import { Redis } from 'ioredis';

const { PORT, QUEUE, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD } = process.env;

const redis = new Redis({ host: REDIS_HOST, port: Number(REDIS_PORT), password: REDIS_PASSWORD });
const app = fastify();

const schema = {
  body: { type: 'object', required: ['count'], properties: { count: { type: 'integer' } } },
};

app.post('/count', { schema }, async (request, reply) => {
  const { count } = request.body;
  await redis.xadd(QUEUE, '*', 'count', count);
  return reply.code(201).send({ message: 'Value added to Redis queue', value: count });
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
