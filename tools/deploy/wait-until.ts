import { pause, usualPollMs, type Work } from './command.ts';
import { CommandError } from './explain.ts';

/** How something is that is waited for: done, or what it still lacks, in words. */
export type State = 'done' | { readonly lacks: string };

type Waiting = {
  readonly what: string;
  readonly where: string;
  readonly mend: string;
  readonly longestMin: number;
};

/** How often something is looked at that is waited for so long, with the pause that is usual between two looks. */
export const looksWithin = (minutes: number): number => Math.ceil((minutes * 60_000) / usualPollMs);

/** Asks until something is done, and shows meanwhile what it lacks. Throws a {@link CommandError} with what it lacked last when it takes too long. */
export const waitUntil = async (
  work: Work,
  { what, where, mend, longestMin }: Waiting,
  look: () => Promise<State>,
): Promise<void> => {
  for (let looks = looksWithin(longestMin); ; looks -= 1) {
    const state = await look();
    if (state === 'done') return;
    work.progress.status(`${what}: ${state.lacks}`);
    if (looks <= 0) {
      throw new CommandError([{ what: `${what}: not within ${longestMin} min; ${state.lacks}`, where, mend }]);
    }
    await pause(work);
  }
};
