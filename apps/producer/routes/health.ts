import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { addRoute, type AnswerOf } from '../http/route.ts';

/** Checks only the process. The platform must not kill it because a dependency is unavailable. */
export const addHealth = (server: FastifyInstance, { hostname }: { readonly hostname: string }): void =>
  addRoute(server, routes.health, (): AnswerOf<typeof routes.health> => ({
    status: 200,
    body: { status: 'healthy', message: 'application is running without issues', hostname },
  }));
