import type { ServerResponse as HttpResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ServerResponse } from '@sluice/runtime/node-http.ts';

/** Returns the response in progress on a connection. Node keeps it as `_httpMessage`. */
export const answerInProgress = (socket: Socket): HttpResponse | undefined => {
  const answer: unknown = Reflect.get(socket, '_httpMessage');
  return answer instanceof ServerResponse ? answer : undefined;
};
