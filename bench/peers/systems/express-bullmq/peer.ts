import { join } from 'node:path';
import { installNpmPackages, npmVersions } from '../../npm-packages.ts';
import type { Peer } from '../../peer.ts';

const server = join(import.meta.dirname, 'server.mjs');

const bullmqWith = (file: string): Omit<Peer, 'name' | 'id'> => {
  const worker = join(import.meta.dirname, file);
  return {
    code: [server, worker],
    configuration: [],
    provide: () => {
      installNpmPackages();
      return {
        version: npmVersions('express', 'bullmq', 'ioredis', 'mysql2'),
        server: () => ({ command: process.execPath, args: [server] }),
        worker: () => ({ command: process.execPath, args: [worker] }),
      };
    },
    countWaiting: async (redis, queue) => {
      const key = (state: string) => `bull:${queue}:${state}`;
      const counts = [
        ...['wait', 'active', 'paused'].map((state) => redis.lLen(key(state))),
        ...['delayed', 'prioritized', 'waiting-children'].map((state) => redis.zCard(key(state))),
      ];
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    countParked: (redis, queue) => redis.zCard(`bull:${queue}:failed`),
    // The lock of a job lasts 30 s, and stalled jobs are looked for every 30 s.
    settlesWithinMs: 75_000,
  };
};

export const bullmqSingle: Peer = {
  ...bullmqWith('worker.mjs'),
  name: 'Express, BullMQ, single inserts',
  id: 'bullmq-single',
};

export const bullmqBatched: Peer = {
  ...bullmqWith('batch-worker.mjs'),
  name: 'Express, BullMQ, batched inserts',
  id: 'bullmq-batched',
};
