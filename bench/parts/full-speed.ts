import type { Command, LoadResult } from '../load/command.ts';
import type { Bench } from './bench.ts';

/** The number of connections of the load at full speed. */
export const connections = 64;

type Options = {
  /** The request. Defaults to `count` (POST /count). */
  readonly request?: Extract<Command, { kind: 'full speed' }>['request'];
  readonly ms?: number;
};

/** Runs one slice at full speed. Several ports share the connections. */
export const loadAtFullSpeed = (
  { load, sliceMs }: Bench,
  ports: readonly number[],
  { request = 'count', ms = sliceMs }: Options = {},
): Promise<LoadResult> => load({ kind: 'full speed', request, ports: [...ports], connections, ms });

/** Returns the number of answered requests per second. */
export const rateOf = ({ requests, ms }: LoadResult): number => (1000 * requests) / ms;
