import { createServer } from 'node:http';
import { createServer as listenOn } from 'node:net';
import { hostname } from 'node:os';

// Replaces a producer that must misbehave. It writes one line per request.

const server = createServer((request, response) => {
  if (request.url === '/health') return response.end();
  process.stdout.write(`${request.method} ${request.url}\n`);
  // Asked, and gone without an answer.
  if (request.url === '/gone') return request.socket.destroy();
  // No new connection from now on; those over which its health is asked stay.
  if (request.url === '/refuse') listener.close();
  response.writeHead(201, { connection: 'close' });
  return response.end(hostname());
});
const listener = listenOn((socket) => server.emit('connection', socket));
listener.listen(5080);
