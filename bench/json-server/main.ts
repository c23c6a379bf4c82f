import { createServer } from 'node:http';
import type { routes } from '@sluice/contract/routes.ts';
import type * as z from 'zod/mini';

// The limit of node:http for an answer like that of POST /count: parses the body and checks
// nothing.

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- deliberately not checked
    const { count } = JSON.parse(text) as z.output<typeof routes.postCount.body>;
    const body = JSON.stringify({ message: 'Value added to Redis queue', value: count, hostname: 'localhost' });
    response.writeHead(201, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`listening on ${address.port}\n`);
});
process.on('SIGTERM', () => process.exit());
