import { join } from 'node:path';
import { repository } from './folder.ts';

/**
 * The Node.js arguments of a service, here and in its image (Dockerfile). docs/benchmarks.md
 * measures their effect. By default Node.js collects garbage late, and runs a compiler (Maglev)
 * that costs more than its code gains.
 */
const nodeArguments: readonly string[] = [
  '--max-old-space-size=512',
  '--v8-pool-size=1',
  '--no-maglev',
  '--no-allocation-site-pretenuring',
  '--expose-gc',
];

// The space for new objects, in MB. V8 moves the requests in progress each time it is full.
const semiSpace = { producer: 8, consumer: 4 } as const;

/** Returns the Node.js arguments that run a service. */
export const serviceArguments = (app: keyof typeof semiSpace): string[] => [
  `--max-semi-space-size=${semiSpace[app]}`,
  ...nodeArguments,
  join(repository, 'apps', app, 'main.ts'),
];

// From this size on, the C library takes memory from the system and returns it at once
// (mallopt(3)). Smaller blocks come from its heap, which shrinks only at its end. Parts of many
// large requests would hold the heap permanently.
const minMappedBytes = 16_384;

/**
 * Returns the environment of a service that is the same everywhere. The compile cache is that of
 * the caller (tools/run.mjs).
 */
export const serviceEnvironment = () => ({
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
  MALLOC_MMAP_THRESHOLD_: String(minMappedBytes),
});
