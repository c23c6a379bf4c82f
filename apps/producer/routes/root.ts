import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { addRoute, type AnswerOf } from '../http/route.ts';

export const addRoot = (server: FastifyInstance): void =>
  addRoute(server, routes.root, (): AnswerOf<typeof routes.root> => ({ status: 200 }));
