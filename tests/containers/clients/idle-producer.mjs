import { createServer } from 'node:http';

// Replaces a producer behind proxies that are attacked. A process of its own, so that the attack
// takes none of its time.

const large = Buffer.alloc(150_000, 'x');
const server = createServer((request, response) => {
  request.on('error', () => undefined).resume();
  request.on('end', () => {
    response.writeHead(request.method === 'POST' ? 201 : 200);
    response.end(request.url === '/counts?limit=1000' ? large : '{}');
  });
});
// As a producer.
server.maxConnections = 4_096;
server.keepAliveTimeout = 75_000;
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4_096 });
