import { serviceArguments, serviceEnvironment } from '@sluice/local/service-command.ts';
import { partitionsOf } from '@sluice/queue/partition.ts';
import type { Peer, Place } from '../../peer.ts';

const service =
  (app: 'producer' | 'consumer') =>
  ({ environment: { PORT, QUEUE } }: Place) => ({
    command: process.execPath,
    args: serviceArguments(app),
    env: { ...serviceEnvironment(), HTTP_PORT: PORT, REDIS_QUEUE: QUEUE },
  });

/** The producer, which takes counts. */
export const producer = service('producer');

export const sluice: Peer = {
  name: 'Sluice',
  id: 'sluice',
  code: [],
  configuration: [],
  provide: () => ({ version: 'this commit', server: producer, worker: service('consumer') }),
  countWaiting: async (redis, queue) => {
    const lengths = await Promise.all(partitionsOf(queue, 1).map(({ stream }) => redis.xLen(stream)));
    return lengths.reduce((sum, length) => sum + length, 0);
  },
  // Entries of a dead consumer are claimed within 20 s.
  settlesWithinMs: 40_000,
};
