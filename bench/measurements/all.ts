import type { Measurement } from '../parts/bench.ts';
import { drainAsMade, drainSingles } from './drain.ts';
import { getCount, getFromMany } from './get.ts';
import { insert } from './insert.ts';
import { listen } from './listeners.ts';
import { memory } from './memory.ts';
import { postAway, postCount, postCounts } from './post.ts';
import { start } from './start.ts';
import { twoOfEach } from './two-of-each.ts';
import { visible } from './visible.ts';

/** All measurements, in the order of the table. */
export const measurements: readonly Measurement[] = [
  postCount,
  postAway,
  postCounts,
  drainAsMade,
  drainSingles,
  insert,
  getCount,
  getFromMany,
  visible,
  memory,
  listen,
  twoOfEach,
  start,
];
