import type { Fault } from './fault.ts';

/** A process stands still (SIGSTOP) with its connections open, as in a pause of its machine. */
export const freeze = (fault: Pick<Fault, 'kind' | 'parts' | 'targets' | 'overhead' | 'seconds'>): Fault => ({
  ...fault,
  begin: async ({ system }, { target }) => {
    const process = system.processOf(target);
    await process.freeze();
    const heal = async () => {
      process.resume();
      await system.untilWhole(target);
    };
    return { effect: 'it stands still', heal };
  },
});
