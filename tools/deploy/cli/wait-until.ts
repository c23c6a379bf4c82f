import { pause, usualPollMs, type Work } from './command.ts';
import { CommandError } from './explain.ts';

/** The state of a wait: done, or a description of what is missing. */
export type State = 'done' | { readonly lacks: string };

type Waiting = {
  readonly what: string;
  readonly where: string;
  readonly fix: string;
  readonly longestMin: number;
};

/** Returns the number of polls within this time, with the default pause between two polls. */
export const pollsWithin = (minutes: number): number => Math.ceil((minutes * 60_000) / usualPollMs);

/**
 * Polls until something is done, and shows what it lacks in the meantime. On a timeout it throws a
 * {@link CommandError} with what it lacked last.
 */
export const waitUntil = async (
  work: Work,
  { what, where, fix, longestMin }: Waiting,
  look: () => Promise<State>,
): Promise<void> => {
  for (let looks = pollsWithin(longestMin); ; looks -= 1) {
    const state = await look();
    if (state === 'done') return;
    work.progress.status(`${what}: ${state.lacks}`);
    if (looks <= 0) {
      throw new CommandError([{ what: `${what}: timeout after ${longestMin} min; ${state.lacks}`, where, fix }]);
    }
    await pause(work);
  }
};
