import { STATUS_CODES, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';

/** Answers with a problem document like those of the API, and closes the connection. */
export const answerProblem = (
  response: ServerResponse,
  status: number,
  problem: { readonly code: string; readonly detail: string },
  headers: OutgoingHttpHeaders = {},
): void => {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    connection: 'close',
    ...headers,
  });
  response.end(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, ...problem }));
};
