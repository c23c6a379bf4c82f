import { join } from 'node:path';
import { repository } from './folder.ts';

/**
 * What Node runs a service with, here and in its image (Dockerfile): docs/benchmarks.md measures what it makes of it. Left alone it lets much
 * garbage gather before it looks, and has a compiler at work (Maglev) that takes more than its code gains.
 */
const nodeArguments: readonly string[] = ['--max-old-space-size=512', '--v8-pool-size=1', '--no-maglev'];

// For what is new, in MB. The requests that are under way are moved each time that it is full.
const semiSpace = { producer: 8, consumer: 4 } as const;

/** The arguments of Node that run a service. */
export const serviceArguments = (app: keyof typeof semiSpace): string[] => [
  `--max-semi-space-size=${semiSpace[app]}`,
  ...nodeArguments,
  join(repository, 'apps', app, 'main.ts'),
];

/** What was compiled once is kept, in a folder beside the data. */
export const compileCache = (folder: string) => ({ NODE_COMPILE_CACHE: join(folder, 'compiled') });
