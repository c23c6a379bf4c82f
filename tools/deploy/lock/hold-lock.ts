import { connectTo } from '../aws/account.ts';
import type { Work } from '../cli/command.ts';
import { askerOf } from '../cli/confirm.ts';
import { explain } from '../cli/explain.ts';
import { lockNameOf, takeLock, type Lock } from './lock.ts';
import type { Target } from '../cli/questions.ts';

type Holding = { readonly command: string; readonly arn: string };

/** Runs a function under the lock of the environment. The lock is always released afterwards. */
export const holdLock = async (
  target: Target,
  work: Work,
  { command, arn }: Holding,
  use: (lock: Lock) => Promise<void>,
): Promise<void> => {
  const { progress } = work;
  const { name, region } = target.environment;
  const lock = await takeLock(connectTo(region), {
    environment: name,
    arn,
    command,
    isBreaking: target.isBreakingLock,
    say: progress.line,
    ask: askerOf(target, work),
  });
  try {
    await use(lock);
  } finally {
    try {
      await lock.release();
    } catch (error) {
      // The earlier failure matters more. The next command reports the holder of the lock.
      progress.warn(
        `The lock ${lockNameOf(name)} was not released: ${explain(error).what}. The next command needs --break-lock.`,
      );
    }
  }
};
