import { setTimeout as pause } from 'node:timers/promises';
import { pauseConsumers, resumeConsumers } from '@sluice/queue/pause.ts';
import { listInFlight } from '@sluice/queue/in-flight.ts';
import { readQueueState } from '@sluice/queue/queue-state.ts';
import { CommandError, usage, type OperatedQueue, type Terminal } from './command.ts';

// Consumers look once a second, and a read that has begun by then waits for up to two more.
const heardAfterMs = 3_500;
// They finish what they have: a transaction may take 30 s.
const quietWithinMs = heardAfterMs + 32_000;
const lookEveryMs = 200;
// Of each partition.
const listed = 20;

/** `consumers pause | resume | status`. Answers with the exit code. */
export const runConsumersCommand = async (
  { connection, name, partitions }: OperatedQueue,
  [action]: readonly string[],
  { say, warn }: Terminal,
): Promise<number> => {
  const readState = () => readQueueState(connection, name, partitions);
  switch (action) {
    case 'pause': {
      await pauseConsumers(connection, name);
      say('The consumers are asked to pause …');
      const askedAt = performance.now();
      const hasPassed = (ms: number) => performance.now() - askedAt > ms;
      let state = await readState();
      while (!hasPassed(heardAfterMs) || (state.inFlightBatches > 0 && !hasPassed(quietWithinMs))) {
        // oxlint-disable-next-line no-await-in-loop -- until they have finished
        await pause(lookEveryMs);
        // oxlint-disable-next-line no-await-in-loop -- as above
        state = await readState();
      }
      if (state.inFlightBatches > 0) {
        warn(`They are paused, but batches are in flight still: ${state.inFlightBatches}.`);
        for (const entry of await listInFlight(connection, partitions, listed)) {
          const seconds = (entry.idleMs / 1_000).toFixed(0);
          warn(`  ${entry.name}  delivered ${entry.deliveries} times, ${seconds} s ago to ${entry.consumer}`);
        }
        warn('What a dead consumer left is recorded when the consumers go on: npm run consumers -- resume');
        warn('What cannot be recorded is moved to the dead letters: npm run dead-letters -- bury NAME');
        return 1;
      }
      say(`They are paused. The queue goes on taking counts; waiting now: ${state.waitingBatches} batches.`);
      return 0;
    }
    case 'resume':
      await resumeConsumers(connection, name);
      say('The consumers go on.');
      return 0;
    case 'status': {
      const state = await readState();
      const lines = {
        paused: state.isPaused ? 'yes' : 'no',
        consumers: state.consumers,
        waiting: `${state.waitingBatches} batches, the oldest for ${(state.oldestAgeMs / 1000).toFixed(1)} s`,
        'in flight': `${state.inFlightBatches} batches`,
        'dead letters': state.deadLetters,
      };
      for (const [label, value] of Object.entries(lines)) say(`${label.padEnd(12)}  ${value}`);
      return 0;
    }
    default:
      throw new CommandError(usage);
  }
};
