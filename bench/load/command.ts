import * as z from 'zod';

// What the load process is asked for, and what it answers: JSON between two processes.

export const commandSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('full speed'),
    /** Each `count` posts another count, each `counts` the same thousand; `get` is GET /count. */
    request: z.enum(['count', 'counts', 'get']),
    /** The servers; connections take turns. */
    ports: z.array(z.int()),
    connections: z.int(),
    /** How long new requests are begun. */
    ms: z.number(),
  }),
  z.object({
    kind: z.literal('visible'),
    port: z.int(),
    connections: z.int(),
    perSecond: z.number(),
    ms: z.number(),
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
    /** How many requests were answered with success, in which time, in ms. */
    requests: z.int(),
    /** How many were answered 503, the truth on a machine that is busy with other things. */
    refused: z.int(),
    ms: z.number(),
    /** The processor time that the load process took for them, in ms. */
    cpuMs: z.number(),
    /** Latencies in ms. */
    p50: z.number(),
    p99: z.number(),
  }),
  z.object({ fault: z.string() }),
]);

/** What came of a load. */
export type LoadResult = Exclude<z.infer<typeof resultSchema>, { fault: string }>;
