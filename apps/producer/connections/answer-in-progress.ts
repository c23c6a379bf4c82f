import type { ServerResponse as HttpResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ServerResponse } from '@sluice/runtime/node-http.ts';

/** The answer that is being made or written on a connection. Node keeps it under this name. */
export const answerInProgress = (socket: Socket): HttpResponse | undefined => {
  const answer: unknown = Reflect.get(socket, '_httpMessage');
  return answer instanceof ServerResponse ? answer : undefined;
};
