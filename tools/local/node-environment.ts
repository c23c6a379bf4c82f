import { join } from 'node:path';

/**
 * How Node runs a service, here and in its image (Dockerfile). Left alone it lets much garbage gather before it looks; docs/benchmarks.md
 * measures what these limits make of it. What was compiled once is kept, in a folder beside the data.
 */
export const nodeEnvironment = (folder: string) => ({
  NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=512 --v8-pool-size=1',
  NODE_COMPILE_CACHE: join(folder, 'compiled'),
});
