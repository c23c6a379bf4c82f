import { join } from 'node:path';
import { repository } from './folder.ts';

/**
 * What Node runs a service with, here and in its image (Dockerfile): docs/benchmarks.md measures what it makes of it. Left alone it lets much
 * garbage gather before it looks, and has a compiler at work (Maglev) that takes more than its code gains.
 */
const nodeArguments: readonly string[] = [
  '--max-semi-space-size=4',
  '--max-old-space-size=512',
  '--v8-pool-size=1',
  '--no-maglev',
];

/** The arguments of Node that run a service. */
export const serviceArguments = (app: 'producer' | 'consumer'): string[] => [
  ...nodeArguments,
  join(repository, 'apps', app, 'main.ts'),
];

/** What was compiled once is kept, in a folder beside the data. */
export const compileCache = (folder: string) => ({ NODE_COMPILE_CACHE: join(folder, 'compiled') });
