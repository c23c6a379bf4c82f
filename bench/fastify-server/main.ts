import { routes } from '@sluice/contract/routes.ts';
import { fastify } from 'fastify';
import * as z from 'zod/mini';

// The cost of Fastify: parses and checks the body and answers as POST /count does, without a queue.

const server = fastify();
const { path, body, answers } = routes.postCount;
const toJsonSchema = (schema: z.ZodMiniType) => z.toJSONSchema(schema, { target: 'draft-07' });
server.post<{ Body: z.infer<typeof body> }>(
  path,
  { schema: { body: toJsonSchema(body), response: { 201: toJsonSchema(answers[201].body) } } },
  async (request, reply) =>
    reply.code(201).send({ message: 'Value added to Redis queue', value: request.body.count, hostname: 'localhost' }),
);
const address = await server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`listening on ${new URL(address).port}\n`);
process.on('SIGTERM', () => process.exit());
