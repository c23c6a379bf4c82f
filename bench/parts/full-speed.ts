import type { LoadResult } from '../load/command.ts';
import type { Bench } from './bench.ts';

/** How many connections the load has at full speed. */
export const connections = 64;

type Options = {
  /** What is asked for; POST /count when it is not given. */
  readonly request?: 'count' | 'counts' | 'get';
  readonly ms?: number;
};

/** One slice at full speed; several ports share the connections. */
export const loadAtFullSpeed = (
  { load, sliceMs }: Bench,
  ports: readonly number[],
  { request = 'count', ms = sliceMs }: Options = {},
): Promise<LoadResult> => load({ kind: 'full speed', request, ports: [...ports], connections, ms });

/** How many requests a second were answered. */
export const rateOf = ({ requests, ms }: LoadResult): number => (1000 * requests) / ms;

/** What the load process took of a core, in percent. */
export const loadOf = ({ cpuMs, ms }: LoadResult): number => (100 * cpuMs) / ms;
