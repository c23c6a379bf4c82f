import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createBalancer } from '@sluice/local/console/balance.ts';
import { buildPage } from '@sluice/local/console/build-page.ts';
import { servePage } from '@sluice/local/console/page-files.ts';
import { createConsoleServer } from '@sluice/local/console/server.ts';
import { dataFolder, repository } from '@sluice/local/folder.ts';

/** Builds the console as `npm start` does and returns its folder. */
export const builtPage = (): Promise<string> =>
  buildPage({ repository, otherFolder: join(dataFolder(), 'console'), say: () => undefined });

/**
 * Serves the console as `npm start` does, over producers on these ports, until the test ends.
 * `base`: the prefix of its paths.
 */
export const serveConsole = async (test: TestContext, ports: readonly number[], base = '') => {
  const balancer = createBalancer({ address: '127.0.0.1', ports });
  const page = servePage(await builtPage());
  const server = createConsoleServer({ page, balancer, hosts: ['127.0.0.1'] });
  if (base !== '') {
    server.prependListener('request', (request) => {
      request.url = request.url?.startsWith(base) === true ? request.url.slice(base.length) : '/elsewhere';
    });
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(async () => {
    server.close();
    server.closeAllConnections();
    balancer.close();
    await once(server, 'close').catch(() => undefined);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  return { port: address.port, address: `http://127.0.0.1:${address.port}${base}/` };
};
