import type { Peer, Programs } from './peer.ts';

/** A peer that this machine can run. */
export type Provided = { readonly peer: Peer; readonly programs: Programs };

/** Installs the peers. Returns the version of each, or the reason why this machine cannot run it. */
export const provide = async (chosen: readonly Peer[], isQuick: boolean, say: (text: string) => void) => {
  const provided: Provided[] = [];
  const versions: (readonly [peer: string, version: string])[] = [];
  for (const peer of chosen) {
    say(`installing ${peer.name}`);
    const programs = await peer.provide(isQuick);
    if ('missing' in programs) {
      const reason = programs.missing.replaceAll(/\s+/g, ' ').trim();
      say(`LEFT OUT ${peer.name}: ${reason}`);
      versions.push([peer.name, `left out: ${reason}`]);
    } else {
      provided.push({ peer, programs });
      versions.push([peer.name, programs.version]);
    }
  }
  return { provided, versions };
};
