import { request, type Agent } from 'node:http';

/** A complete answer. */
export type Answer = { readonly status: number; readonly retryAfter: string | undefined; readonly text: string };

/**
 * Sends a POST. Resolves to `undefined` when the connection broke before the answer was complete,
 * or when `signal` gave up on it.
 */
export const post = (
  agent: Agent,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Answer | undefined> =>
  new Promise((resolve) => {
    const options = { method: 'POST', agent, headers, ...(signal === undefined ? {} : { signal }) };
    const sending = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          text: Buffer.concat(chunks).toString(),
        }),
      );
      response.on('error', () => resolve(undefined));
    });
    sending.on('error', () => resolve(undefined));
    sending.end(body);
  });
