import type { Route } from '@sluice/contract/routes.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod/mini';
import { answerProblem, retryAfterSeconds, type ProblemContent } from './problem-answer.ts';

type InputOf<Schema> = Schema extends z.ZodMiniType ? z.input<Schema> : undefined;

type Member<R, Name extends PropertyKey> = R extends { readonly [_ in Name]: infer Schema }
  ? InputOf<Schema>
  : undefined;

type Checked = { readonly body: unknown; readonly query: unknown; readonly headers: unknown };

/** The validated request of a handler. It is Fastify's request, so no new object is needed. */
export type RequestOf<R extends Route> = {
  readonly body: Member<R, 'body'>;
  readonly query: Member<R, 'query'>;
  readonly headers: Member<R, 'headers'>;
} & Pick<FastifyRequest, 'raw' | 'answer'>;

/** The answer of a handler: a status of the route with its body, or a problem. */
export type AnswerOf<R extends Route> =
  | {
      [Status in keyof R['answers']]: R['answers'][Status] extends { body: infer Body extends z.ZodMiniType }
        ? { readonly status: Status; readonly body: z.output<Body> }
        : { readonly status: Status; readonly body?: undefined };
    }[keyof R['answers']]
  /** A body that is serialized already. */
  | { readonly status: keyof R['answers']; readonly json: string }
  | { readonly problem: ProblemContent };

/**
 * Adds a route of the contract. Fastify validates the request before `handle` gets it, and
 * serializes the answer by its schema.
 */
export const addRoute = <R extends Route>(
  server: FastifyInstance,
  route: R,
  handle: (request: RequestOf<NoInfer<R>>) => AnswerOf<NoInfer<R>> | Promise<AnswerOf<NoInfer<R>>>,
): void => {
  server.route({
    method: route.method,
    url: route.path,
    ...(route.maxBodyBytes === undefined ? {} : { config: { maxBodyBytes: route.maxBodyBytes } }),
    schema: {
      ...(route.body === undefined || route.isBodyChecked === true ? {} : { body: toJsonSchema(route.body, 'input') }),
      ...(route.query === undefined ? {} : { querystring: toJsonSchema(route.query, 'input') }),
      ...(route.headers === undefined ? {} : { headers: toJsonSchema(route.headers, 'input') }),
      response: Object.fromEntries(
        Object.entries(route.answers).flatMap(([status, { body }]) =>
          body === undefined ? [] : [[status, toJsonSchema(body, 'output')]],
        ),
      ),
    },
    handler: async (request, reply) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- validated with this schema
      const answer = await handle(request as Checked as RequestOf<R>);
      return 'problem' in answer ? answerProblem(reply, answer.problem) : bodyOf(answer, reply);
    },
  });
};

const bodyOf = (
  answer:
    | { readonly status: PropertyKey; readonly body?: unknown }
    | { readonly status: PropertyKey; readonly json: string },
  reply: FastifyReply,
): unknown => {
  const { status } = answer;
  if (status === 503) reply.header('retry-after', String(retryAfterSeconds));
  reply.code(Number(status));
  if (!('json' in answer)) return answer.body;
  reply.type('application/json; charset=utf-8');
  return answer.json;
};

const toJsonSchema = (schema: z.ZodMiniType, io: 'input' | 'output') =>
  z.toJSONSchema(schema, { target: 'draft-07', io });
