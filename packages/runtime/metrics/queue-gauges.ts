import type { QueueState } from '@sluice/queue/admin/queue-state.ts';
import type { Metrics } from './metrics.ts';

/**
 * Creates the gauges of the queue's state, and returns the function that sets them. Producers
 * publish them as well as consumers: dead consumers publish nothing, and then the numbers matter.
 */
export const createQueueGauges = ({ gauge }: Metrics): ((state: QueueState) => void) => {
  const waiting = gauge('queue_waiting_batches', 'Batches that are not recorded yet');
  const oldestAge = gauge('queue_oldest_age_seconds', 'Age of the oldest of them');
  const inFlight = gauge('queue_in_flight_batches', 'Batches that a consumer has read and not recorded yet');
  const consumers = gauge('queue_consumers', 'Consumers that were active in the last 30 s');
  const deadLetters = gauge('queue_dead_letters', 'Entries that could not be recorded');
  const paused = gauge('queue_paused', '1 while an operator has paused the consumers');
  return (state) => {
    waiting.set(state.waitingBatches);
    oldestAge.set(state.oldestAgeMs / 1000);
    inFlight.set(state.inFlightBatches);
    consumers.set(state.consumers);
    deadLetters.set(state.deadLetters);
    paused.set(state.isPaused ? 1 : 0);
  };
};

/** Creates the gauges of the queues of the tables, and returns the function that sets them. */
export const createTableGauges = ({ gaugeBy }: Metrics): ((table: string, state: QueueState) => void) => {
  const waiting = gaugeBy('table_waiting_batches', 'Batches of a table that are not recorded yet', ['table']);
  const oldestAge = gaugeBy('table_oldest_age_seconds', 'Age of the oldest of them', ['table']);
  const deadLetters = gaugeBy('table_dead_letters', 'Dead letters of a table', ['table']);
  const paused = gaugeBy('table_paused', '1 while an operator has paused the consumers of a table', ['table']);
  return (table, state) => {
    waiting.set({ table }, state.waitingBatches);
    oldestAge.set({ table }, state.oldestAgeMs / 1000);
    deadLetters.set({ table }, state.deadLetters);
    paused.set({ table }, state.isPaused ? 1 : 0);
  };
};
