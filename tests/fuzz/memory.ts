import { readFileSync } from 'node:fs';
import type { Service } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

/**
 * The environment of a process whose memory is measured. It limits malloc to one arena: the caches
 * of several arenas would grow slowly and unpredictably.
 */
export const measuredEnvironment: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--expose-gc --import ${new URL('collect-garbage.ts', import.meta.url).href}`,
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

const samples = 5;

/**
 * Returns the resident memory of an idle process in KiB: the median of several readings, each after
 * a garbage collection.
 */
export const readResidentKib = async (service: Service): Promise<number> => {
  const readings: number[] = [];
  while (readings.length < samples) {
    const before = countCollections(service);
    process.kill(service.pid, 'SIGUSR2');
    await waitUntil(() => countCollections(service) > before);
    readings.push(Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1]));
  }
  return readings.toSorted((a, b) => a - b)[Math.floor(samples / 2)] ?? Number.NaN;
};

const countCollections = ({ lines }: Service): number => lines.filter((line) => line.includes('"collected"')).length;
