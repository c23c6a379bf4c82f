import { createServer } from 'node:http';

// The limit of the API: reads the body, answers 201 and does nothing else.

const server = createServer((request, response) => {
  response.statusCode = 201;
  request.on('end', () => response.end());
  request.resume();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`listening on ${address.port}\n`);
});
process.on('SIGTERM', () => process.exit());
