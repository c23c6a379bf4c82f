import { backoffMs, type BackoffRange } from '@sluice/async/backoff.ts';
import { sleep } from '@sluice/async/sleep.ts';
import { levelOf } from '@sluice/runtime/logging/level-of.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import type { RecordMetrics, Step } from './metrics.ts';

type RetrySettings = {
  readonly heartbeat: () => void;
  readonly metrics: Pick<RecordMetrics, 'retried'>;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
};

const pauses: BackoffRange = { minMs: 100, maxMs: 5_000 };

const messages: Readonly<Record<Step, string>> = {
  read: 'could not read the queue; retrying',
  record: 'could not record; retrying',
  ack: 'could not remove recorded entries from the queue; retrying',
};

/**
 * Creates a function that retries a step until it succeeds, with backoff from 0.1 to 5 s. Each
 * attempt, even a failed one, is a heartbeat for the watchdog. Throws the signal's reason when
 * `stopping` is aborted.
 */
export const createRetry =
  ({ heartbeat, metrics, logger, stopping }: RetrySettings) =>
  async <T>(step: Step, attempt: () => Promise<T>): Promise<T> => {
    for (let failures = 1; ; failures++) {
      heartbeat();
      try {
        return await attempt();
      } catch (error) {
        stopping.throwIfAborted();
        metrics.retried(step);
        const pauseMs = backoffMs(failures, pauses);
        logger[levelOf(error)]({ err: error, pauseMs }, messages[step]);
        heartbeat();
        await sleep(pauseMs, stopping);
        stopping.throwIfAborted();
      }
    }
  };
