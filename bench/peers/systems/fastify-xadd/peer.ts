import { join } from 'node:path';
import { installNpmPackages, npmVersions } from '../../npm-packages.ts';
import type { Peer } from '../../peer.ts';

const server = join(import.meta.dirname, 'server.mjs');
const worker = join(import.meta.dirname, 'worker.mjs');

export const fastifyXadd: Peer = {
  name: 'Fastify, one XADD a request',
  id: 'fastify-xadd',
  code: [server, worker],
  configuration: [],
  provide: () => {
    installNpmPackages();
    return {
      version: npmVersions('fastify', 'ioredis', 'mysql2'),
      server: () => ({ command: process.execPath, args: [server] }),
      worker: () => ({ command: process.execPath, args: [worker] }),
    };
  },
  countWaiting: (redis, queue) => redis.xLen(queue),
  settlesWithinMs: 5_000,
};
