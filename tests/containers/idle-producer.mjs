import { createServer } from 'node:http';

// What stands in a producer's place behind proxies that are attacked: a process of its own, so that the
// attack takes none of its time. It writes its port.

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
server.listen(Number(process.argv[2]), '127.0.0.1');
