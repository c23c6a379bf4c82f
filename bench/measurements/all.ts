import type { Measurement } from '../parts/bench.ts';
import { drainAsMade, drainSingles, drainWithTwo } from './drain.ts';

/** Every measurement, in the order of the table. */
export const measurements: readonly Measurement[] = [drainAsMade, drainSingles, drainWithTwo];
