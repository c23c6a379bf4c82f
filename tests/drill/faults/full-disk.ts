import { waitUntil } from '@sluice/test-servers/wait.ts';
import { primaries, replicas } from '../system/shards.ts';
import type { Fault } from './fault.ts';

/** The disk of a Redis is full. It ends itself, because it could not keep what it acknowledges. */
export const fullDiskOfRedis: Fault = {
  kind: 'disk of Redis full',
  parts: ['queue'],
  targets: [...primaries, ...replicas],
  seconds: [2, 5],
  overhead: 8,
  begin: async ({ system: { queue, processOf, untilWhole } }, { target }) => {
    const disk = queue.nodes.get(target)?.disk;
    const code = disk?.fill();
    await waitUntil(() => !processOf(target).isRunning());
    const heal = async () => {
      disk?.free();
      await untilWhole(target);
    };
    return { effect: `a write failed with ${code}, and ${target} ended itself`, heal };
  },
};

/** The disk of MySQL is full. */
export const fullDiskOfMysql: Fault = {
  kind: 'disk of MySQL full',
  parts: ['database'],
  targets: ['database'],
  seconds: [3, 6],
  overhead: 2,
  begin: async ({ system: { database, untilWhole } }, { target }) => {
    const code = database.disk.fill();
    const heal = async () => {
      database.disk.free();
      await untilWhole(target);
    };
    return { effect: `a write failed with ${code}`, heal };
  },
};
