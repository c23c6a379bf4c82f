import { createServer } from 'node:http';

// The limit of the API: reads the body, answers 201 and does nothing else.

const server = createServer((request, response) => {
  request.on('end', () => response.writeHead(201).end());
  request.resume();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`listening on ${address.port}\n`);
});
process.on('SIGTERM', () => process.exit());
