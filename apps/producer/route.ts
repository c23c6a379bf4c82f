import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { answerProblem, type Fault } from './problem-answer.ts';

type Route = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, { readonly description: string; readonly body?: z.ZodType }>>;
};

type BodyOf<R extends Route> = R['body'] extends z.ZodType ? z.output<R['body']> : undefined;

/** What a handler answers with: a status of the route and the body that belongs to it, or a fault. */
export type AnswerOf<R extends Route> =
  | {
      [Status in keyof R['answers']]: R['answers'][Status] extends { body: infer Body extends z.ZodType }
        ? { readonly status: Status; readonly body: z.output<Body> }
        : { readonly status: Status; readonly body?: undefined };
    }[keyof R['answers']]
  | { readonly fault: Fault };

/** Adds a route of the contract. Its body is checked before `handle` sees it, its answer is serialized by its schema. */
export const addRoute = <R extends Route>(
  server: FastifyInstance,
  route: R,
  handle: (body: BodyOf<NoInfer<R>>) => AnswerOf<NoInfer<R>> | Promise<AnswerOf<NoInfer<R>>>,
): void => {
  server.route({
    method: route.method,
    url: route.path,
    schema: {
      ...(route.body === undefined ? {} : { body: toJsonSchema(route.body) }),
      response: Object.fromEntries(
        Object.entries(route.answers).flatMap(([status, { body }]) =>
          body === undefined ? [] : [[status, toJsonSchema(body)]],
        ),
      ),
    },
    handler: async (request, reply) => {
      // The validator has just checked it against this very schema.
      const answer = await handle(request.body as BodyOf<R>);
      return send(reply, answer);
    },
  });
};

const send = (
  reply: FastifyReply,
  answer: { readonly status: PropertyKey; readonly body?: unknown } | { readonly fault: Fault },
): FastifyReply =>
  'fault' in answer ? answerProblem(reply, answer.fault) : reply.code(Number(answer.status)).send(answer.body);

const toJsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { target: 'draft-07', io: 'output' });
