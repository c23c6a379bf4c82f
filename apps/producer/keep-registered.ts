import { sleep } from '@sluice/async/sleep.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';

type RegistrationDependencies<State> = {
  readonly register: () => Promise<void>;
  readonly readState: () => Promise<State>;
  readonly onState: (state: State) => void;
  readonly logger: Logger;
};

const everyMs = 5_000;
const againAfterMs = 500;

/**
 * Registers the partitions and reads the state of the queue, repeatedly until `stopping` is
 * aborted. Redis may be flushed and forget the partitions. The age of the oldest entry matters most
 * when no consumer is there to publish it. Retries a failure after 0.5 s.
 */
export const keepRegistered = async <State>(
  dependencies: RegistrationDependencies<State>,
  stopping: AbortSignal,
): Promise<void> => {
  while (!stopping.aborted) {
    let pauseMs = everyMs;
    try {
      await dependencies.register();
      dependencies.onState(await dependencies.readState());
    } catch (error) {
      pauseMs = againAfterMs;
      if (!stopping.aborted) dependencies.logger[levelOf(error)]({ err: error }, 'could not poll the queue; retrying');
    }
    await sleep(pauseMs, stopping);
  }
};
