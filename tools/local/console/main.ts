import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createBalancer } from './balance.ts';
import { buildPage } from './build-page.ts';
import { servePage } from './page-files.ts';
import { createConsoleServer } from './server.ts';

// `node main.ts --repository DIR --port 8080 [--port …] --producer 5080 [--producer …] [--dev]`: serves the console on the first of the ports
// that is free and says on which. With --dev the page comes from its sources and follows their changes.

const { values } = parseArgs({
  options: {
    repository: { type: 'string', default: '' },
    port: { type: 'string', multiple: true, default: [] },
    producer: { type: 'string', multiple: true, default: [] },
    dev: { type: 'boolean', default: false },
  },
});

type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** The page from its sources. Without the policy of the built one: what makes changes appear is inline. */
const serveSources = async (server: Server): Promise<Answerer> => {
  const { createServer } = await import('vite');
  const vite = await createServer({
    root: join(values.repository, 'apps/frontend'),
    configLoader: 'native',
    logLevel: 'warn',
    server: { middlewareMode: true, hmr: { server } },
  });
  return (request, response) => vite.middlewares(request, response);
};

const listen = async (server: Server, ports: readonly number[]): Promise<number> => {
  for (const port of ports) {
    const listening = once(server, 'listening');
    server.listen(port);
    try {
      // oxlint-disable-next-line no-await-in-loop -- the next is tried when this one is taken
      await listening;
      return port;
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isTaken) throw error;
    }
  }
  throw new Error(`The ports ${ports.join(', ')} are taken`);
};

let page: Answerer = (_request, response) => response.writeHead(503).end();
const balancer = createBalancer(values.producer.map(Number));
const server = createConsoleServer({ page: (request, response) => page(request, response), balancer });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => process.exit(0));
}
page = values.dev ? await serveSources(server) : servePage(await buildPage(values.repository, say));
say(`listening on ${await listen(server, values.port.map(Number))}`);
