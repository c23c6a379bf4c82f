import type { RowDataPacket } from 'mysql2/promise';
import type { LoadResult } from '../load/command.ts';
import type { Pipeline, Servers } from '../parts/pipeline.ts';
import { connectionsTo, openFiles, residentMb } from '../parts/process-usage.ts';
import type { Service } from '../parts/service.ts';

/** Something that is read once in each interval. */
export type Gauge = {
  readonly what: string;
  readonly unit: string;
  readonly digits?: number;
  /**
   * The largest difference between two intervals that is no growth, in the unit. Without it, the
   * gauge depends on the machine, and its growth is not judged.
   */
  readonly mayDiffer?: number;
  readonly read: (interval: Interval) => Promise<number> | number;
};

/** The loads of an interval: posted counts, with the time until each is visible, and posted rows. */
export type Interval = { readonly counts: LoadResult; readonly rows: LoadResult };

type Subject = {
  readonly producer: Service;
  readonly consumer: Service;
  readonly pipeline: Pipeline;
  readonly servers: Servers;
};

const bytesPerMb = 1_000_000;

/** Returns what may grow while the pipeline runs: memory, handles, connections, ids, latency. */
export const gaugesOf = ({ producer, consumer, pipeline: { client, sql }, servers }: Subject): Gauge[] => [
  ...Object.entries({ producer, consumer }).flatMap(([name, { pid }]): Gauge[] => [
    { what: `Memory of the ${name}`, unit: 'MB', mayDiffer: 16, read: () => residentMb(pid) },
    { what: `File handles of the ${name}`, unit: 'handles', mayDiffer: 4, read: () => openFiles(pid) },
    {
      what: `Redis connections of the ${name}`,
      unit: 'connections',
      mayDiffer: 0,
      read: () => connectionsTo(pid, servers.redis.port),
    },
    {
      what: `MySQL connections of the ${name}`,
      unit: 'connections',
      mayDiffer: 2,
      read: () => connectionsTo(pid, servers.mysql.port),
    },
  ]),
  {
    what: 'Data in Redis',
    unit: 'MB',
    digits: 1,
    mayDiffer: 8,
    read: async () => Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]) / bytesPerMb,
  },
  {
    what: 'Ids of batches in the inbox',
    unit: 'ids',
    read: async () => {
      const [[row]] = await sql.query<RowDataPacket[]>('SELECT COUNT(*) AS ids FROM inbox');
      return Number(row?.['ids']);
    },
  },
  { what: 'Rows posted over one connection', unit: 'a second', read: ({ rows }) => (1_000 * rows.requests) / rows.ms },
  { what: 'POST of a row, p50', unit: 'ms', digits: 1, read: ({ rows }) => rows.p50 },
  { what: 'POST of a count to visible, p50', unit: 'ms', digits: 1, read: ({ counts }) => counts.p50 },
  { what: 'POST of a count to visible, p99', unit: 'ms', digits: 1, read: ({ counts }) => counts.p99 },
];
