import type { Fault } from './fault.ts';

/** A process is killed at any instruction (SIGKILL). Its platform starts another. */
export const kill = (fault: Pick<Fault, 'kind' | 'parts' | 'targets' | 'overhead'>): Fault => ({
  ...fault,
  begin: async ({ system }, { target }) => {
    const pid = await system.processOf(target).kill();
    return { effect: `process ${pid} is gone`, heal: () => system.untilWhole(target) };
  },
});
