import * as z from 'zod';

// The commands to the load process and its results, as JSON between two processes.

export const commandSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('full speed'),
    /**
     * The request: `count` and `row` post another count or row each time, `counts` and `rows` the
     * same thousand, `readings` a row to each of fifty tables in turn, and `get` is GET /count.
     * `rpush` adds a count to a list of Redis through webdis.
     */
    request: z.enum(['count', 'counts', 'row', 'rows', 'readings', 'get', 'rpush']),
    /** The ports of the servers. Connections take turns. */
    ports: z.array(z.int()),
    connections: z.int(),
    /** The time during which the load starts new requests, in ms. */
    ms: z.number(),
  }),
  z.object({
    kind: z.literal('visible'),
    request: z.enum(['count', 'rpush']),
    port: z.int(),
    connections: z.int(),
    perSecond: z.number(),
    ms: z.number(),
    /** The schema whose table `count` is read in place of GET /count. The table starts empty. */
    database: z
      .object({ host: z.string(), port: z.int(), user: z.string(), password: z.string(), database: z.string() })
      .optional(),
  }),
  z.object({
    kind: z.literal('listen'),
    ports: z.array(z.int()),
    listeners: z.int(),
    ms: z.number(),
  }),
]);

export type Command = z.infer<typeof commandSchema>;

export const resultSchema = z.union([
  z.object({
    /** The number of successful requests, and their duration in ms. */
    requests: z.int(),
    /** The number of requests that got 503, which a busy machine may answer correctly. */
    refused: z.int(),
    ms: z.number(),
    /** Latencies in ms. */
    p50: z.number(),
    p99: z.number(),
  }),
  z.object({ failure: z.string() }),
]);

/** The result of a load. */
export type LoadResult = Exclude<z.infer<typeof resultSchema>, { failure: string }>;
