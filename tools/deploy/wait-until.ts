import { pause, type Work } from './command.ts';
import { CommandError } from './explain.ts';

/** How something is that is waited for: done, or what it still lacks, in words. */
export type State = 'done' | { readonly lacks: string };

type Waiting = {
  readonly what: string;
  readonly where: string;
  readonly mend: string;
  readonly longestMs: number;
};

/** Asks until something is done, and shows meanwhile what it lacks. Throws a {@link CommandError} with what it lacked last when it takes too long. */
export const waitUntil = async (
  work: Work,
  { what, where, mend, longestMs }: Waiting,
  look: () => Promise<State>,
): Promise<void> => {
  const endMs = performance.now() + longestMs;
  for (;;) {
    const state = await look();
    if (state === 'done') return;
    work.progress.status(`${what}: ${state.lacks}`);
    if (performance.now() > endMs) {
      const minutes = Math.round(longestMs / 60_000);
      throw new CommandError([{ what: `${what}: not within ${minutes} min; ${state.lacks}`, where, mend }]);
    }
    await pause(work);
  }
};
