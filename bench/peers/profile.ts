import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connections } from '../parts/full-speed.ts';
import { withOwner } from '../parts/owner.ts';
import * as z from 'zod';
import type { Place } from './peer.ts';
import { startServer } from './processes.ts';
import type { Round } from './round.ts';
import { createSite } from './site.ts';
import { producer, sluice } from './systems/sluice/peer.ts';

/** The profile that Node.js writes with `--cpu-prof`: one stack per sample, and µs between samples. */
const profileSchema = z.object({
  nodes: z.array(z.object({ id: z.int(), callFrame: z.object({ functionName: z.string(), url: z.string() }) })),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
});

type Frame = z.infer<typeof profileSchema>['nodes'][number]['callFrame'];

const shownShares = 6;

/** The part of the processor time that the functions of a project take, from 0 to 1. */
export type Share = { readonly owner: string; readonly share: number };

/** Returns where the producer of Sluice spends its time at full speed, without its start. */
export const profileProducer = (round: Round): Promise<Share[]> =>
  withOwner(async (owner) => {
    const site = await createSite(owner, round.servers, sluice);
    await site.client.flushAll();
    const { folder, environment } = site.place;
    const profiled = (place: Place) => {
      const { args, ...command } = producer(place);
      return { ...command, args: ['--cpu-prof', `--cpu-prof-dir=${folder}`, ...args] };
    };
    const startedAt = performance.now();
    const running = await startServer(owner, { version: '', server: profiled }, site.place);
    const startMs = performance.now() - startedAt;
    const ports = [Number(environment.PORT)];
    await round.load({ kind: 'full speed', request: 'count', ports, connections, ms: 2 * round.sliceMs });
    await running.end();
    const [file] = globSync('*.cpuprofile', { cwd: folder });
    if (file === undefined) throw new Error('The producer wrote no profile when it ended');
    return sharesOf(profileSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))), startMs);
  });

const sharesOf = ({ nodes, samples, timeDeltas }: z.infer<typeof profileSchema>, startMs: number): Share[] => {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
  const times = new Map<string, number>();
  let atUs = 0;
  for (const [index, id] of samples.entries()) {
    const tookUs = timeDeltas[index] ?? 0;
    atUs += tookUs;
    const owner = owners.get(id);
    if (owner !== undefined && atUs > 1_000 * startMs) times.set(owner, (times.get(owner) ?? 0) + tookUs);
  }
  const busyUs = [...times.values()].reduce((sum, us) => sum + us, 0);
  return [...times]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, shownShares)
    .map(([owner, us]) => ({ owner, share: us / busyUs }));
};

/** Returns the project that a function belongs to. Undefined while the process waits. */
const ownerOf = ({ functionName, url }: Frame): string | undefined => {
  if (functionName === '(idle)') return undefined;
  if (functionName === '(garbage collector)') return 'garbage collection';
  const library = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (library !== undefined) return library;
  return url.startsWith('file:') ? 'Sluice' : 'Node.js';
};
