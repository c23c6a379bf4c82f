import { once } from 'node:events';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { listenHost } from '@sluice/runtime/config/listen-host.ts';
import { dataFolder } from '../folder.ts';
import { isPortFree } from '../servers/ports.ts';
import { createBalancer } from './balance.ts';
import { buildPage } from './build-page.ts';
import type { Answerer } from './limit-clients.ts';
import { servePage } from './page-files.ts';
import { serveSources } from './serve-sources.ts';
import { createConsoleServer } from './server.ts';

// `node main.ts --repository DIR --address 127.0.0.1 --host localhost [--host …] --port 8080
// [--port …] --reach-at 127.0.0.1 --producer 5080 [--producer …] [--dev]`
// serves the console on the first free port of the address, and reports that port. It answers
// requests for the given hosts only, and forwards API requests to the producers at --reach-at. With
// --dev it serves the page from its sources and follows their changes.

const { values } = parseArgs({
  options: {
    repository: { type: 'string', default: '' },
    address: { type: 'string', default: '127.0.0.1' },
    host: { type: 'string', multiple: true, default: [] },
    'reach-at': { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', multiple: true, default: [] },
    producer: { type: 'string', multiple: true, default: [] },
    dev: { type: 'boolean', default: false },
  },
});

const say = (line: string) => process.stdout.write(`${line}\n`);

const listen = async (server: Server, ports: readonly number[]): Promise<number> => {
  for (const port of ports) {
    if (!(await isPortFree(port, values.address))) continue;
    const listening = once(server, 'listening');
    server.listen(port, listenHost(values.address));
    try {
      await listening;
      return port;
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isTaken) throw error;
    }
  }
  throw new Error(`All ports are taken: ${ports.join(', ')}`);
};

let page: Answerer = (_request, response) => response.writeHead(503).end();
const balancer = createBalancer({ address: values['reach-at'], ports: values.producer.map(Number) });
const server = createConsoleServer({
  page: (request, response) => page(request, response),
  balancer,
  hosts: values.host,
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => process.exit(0));
}
page = values.dev
  ? await serveSources(server, {
      repository: values.repository,
      privateFolder: dataFolder(),
      hosts: values.host,
    })
  : servePage(await buildPage({ repository: values.repository, otherFolder: join(dataFolder(), 'console'), say }));
say(`listening on ${await listen(server, values.port.map(Number))}`);
