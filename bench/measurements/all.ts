import type { Measurement } from '../parts/bench.ts';
import { drainAsMade, drainRows, drainSingles } from './drain.ts';
import { getCount, getFromMany } from './get.ts';
import { insert } from './insert.ts';
import { listen } from './listeners.ts';
import { manyTables, memory } from './memory.ts';
import { postAway, postCount, postCounts, postRows } from './post.ts';
import { start } from './start.ts';
import { twoOfEach } from './two-of-each.ts';
import { visible } from './visible.ts';

/** All measurements, in the order of the table. */
export const measurements: readonly Measurement[] = [
  postCount,
  postAway,
  postCounts,
  postRows,
  drainAsMade,
  drainSingles,
  drainRows,
  insert,
  getCount,
  getFromMany,
  visible,
  memory,
  manyTables,
  listen,
  twoOfEach,
  start,
];
