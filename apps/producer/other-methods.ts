import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { preflightHeaders } from './cors.ts';
import { answerProblem } from './problem-answer.ts';

/** Answers what is no route: OPTIONS on each path (preflights are that), 405 with `Allow` for other methods, 404 for other paths. */
export const answerOtherMethods = (server: FastifyInstance): void => {
  const methodsOf = new Map<string, string[]>();
  for (const { method, path } of Object.values(routes)) {
    methodsOf.set(path, [...(methodsOf.get(path) ?? []), method]);
  }
  for (const [path, methods] of methodsOf) {
    if (methods.includes('GET')) methods.push('HEAD');
    methods.push('OPTIONS');
    const headers = { allow: methods.join(', '), ...preflightHeaders(methods) };
    server.options(path, (_request, reply) => reply.code(204).headers(headers).send());
  }

  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = methodsOf.get(path);
    if (methods === undefined) {
      return answerProblem(reply, { status: 404, code: 'not_found', detail: 'There is nothing at this path.' });
    }
    const allow = methods.join(', ');
    return answerProblem(reply.header('allow', allow), {
      status: 405,
      code: 'method_not_allowed',
      detail: `This path takes ${allow}.`,
    });
  });
};
