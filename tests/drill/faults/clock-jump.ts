import { waitUntil } from '@sluice/test-servers/wait.ts';
import { setClock } from '../system/clocks.ts';
import type { Fault, Scene } from './fault.ts';

// An HTTP date has whole seconds, and the clock is up to a second late.
const toleranceMs = 3_000;

/** The wall clock of a process jumps, and jumps back at the end. `amount`: by so many s. */
export const clockJump = (
  fault: Pick<Fault, 'kind' | 'parts' | 'targets' | 'amounts'> & {
    /** Reads the clock of a process in ms since 1970. */
    readonly read: (system: Scene['system'], target: string) => Promise<number>;
  },
): Fault => ({
  ...fault,
  seconds: [2, 6],
  overhead: 3,
  begin: async ({ system }, { target, amount }) => {
    const isAt = (seconds: number) => async () => {
      const now = await fault.read(system, target).catch(() => Number.NaN);
      return Math.abs(now - Date.now() - seconds * 1_000) < toleranceMs;
    };
    setClock(target, amount);
    await waitUntil(isAt(amount));
    const heal = async () => {
      setClock(target, 0);
      await waitUntil(isAt(0));
      await system.untilWhole(target);
    };
    return { effect: `its clock is ${Math.abs(amount)} s ${amount > 0 ? 'ahead' : 'behind'}`, heal };
  },
});
