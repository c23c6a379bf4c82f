import { join } from 'node:path';
import { repository } from './folder.ts';

/**
 * What Node runs a service with, here and in its image (Dockerfile): docs/benchmarks.md measures what it makes of it. Left alone it lets much
 * garbage gather before it looks, and has a compiler at work (Maglev) that takes more than its code gains.
 */
const nodeArguments: readonly string[] = [
  '--max-old-space-size=512',
  '--v8-pool-size=1',
  '--no-maglev',
  '--no-allocation-site-pretenuring',
  '--expose-gc',
];

// For what is new, in MB. The requests that are under way are moved each time that it is full.
const semiSpace = { producer: 8, consumer: 4 } as const;

/** The arguments of Node that run a service. */
export const serviceArguments = (app: keyof typeof semiSpace): string[] => [
  `--max-semi-space-size=${semiSpace[app]}`,
  ...nodeArguments,
  join(repository, 'apps', app, 'main.ts'),
];

// From this size on the C library asks the system for memory and gives it back at once (mallopt(3)). What is smaller comes
// from its heap, which shrinks only at its end, so that the pieces of many large requests would hold it for good.
const leastMappedBytes = 16_384;

/** The environment of a service that is the same wherever it runs. What was compiled once is kept, in a folder next to the data. */
export const serviceEnvironment = (folder: string) => ({
  NODE_COMPILE_CACHE: join(folder, 'compiled'),
  MALLOC_MMAP_THRESHOLD_: String(leastMappedBytes),
});
