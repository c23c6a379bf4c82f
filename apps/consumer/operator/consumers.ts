import { setTimeout as pause } from 'node:timers/promises';
import type { LedgerConnection } from '@sluice/ledger/connection/connection.ts';
import { checkLedgerServer } from '@sluice/ledger/check-server.ts';
import { checkTables } from '@sluice/ledger/rows/check-tables.ts';
import { readDatabaseId } from '@sluice/ledger/database-id.ts';
import { checkQueueServers } from '@sluice/queue/admin/check-servers.ts';
import { checkUndeclaredTables } from '@sluice/queue/admin/check-undeclared-tables.ts';
import { pauseConsumers, resumeConsumers } from '@sluice/queue/admin/pause.ts';
import { listInFlight } from '@sluice/queue/admin/in-flight.ts';
import { adoptQueue, checkOwner } from '@sluice/queue/admin/queue-owner.ts';
import { readQueueState, type QueueState } from '@sluice/queue/admin/queue-state.ts';
import { CommandError, findTable, partitionsIn, usage, type OperatedQueue, type Terminal } from './command.ts';

// Consumers poll once a second. A read that has started by then waits for up to two more.
const heardAfterMs = 3_500;
// Consumers finish their transaction, which may take 30 s.
const quietWithinMs = heardAfterMs + 32_000;
const pollEveryMs = 200;
const checkWithinMs = 3_000;
// Maximum number of entries listed per partition.
const listed = 20;

/**
 * Runs `consumers pause | resume | status | adopt`. With `tableName`, the first three apply to the
 * rows of that table. Resolves to the exit code.
 */
export const runConsumersCommand = async (
  queue: OperatedQueue,
  ledger: LedgerConnection,
  [action]: readonly string[],
  tableName: string | undefined,
  terminal: Terminal,
): Promise<number> => {
  const { say, warn } = terminal;
  const { connection, name } = queue;
  const ofTable = tableName === undefined ? '' : ` of ${tableName}`;
  switch (action) {
    case 'pause':
      return pauseAndWait(queue, tableName, terminal);
    case 'resume':
      findTable(queue, tableName);
      await resumeConsumers(connection, name, tableName);
      say(`The consumers${ofTable} are resumed.`);
      return 0;
    case 'status':
      await showStates(queue, tableName, terminal);
      return showFindings(queue, ledger, terminal);
    case 'adopt': {
      const id = await readDatabaseId(ledger, checkWithinMs);
      if (id === undefined) {
        warn('The database has no id yet. Run the set-up of this release on it first.');
        return 1;
      }
      await adoptQueue(connection, name, id);
      say(`The queue ${name} and its waiting entries now belong to this database.`);
      return 0;
    }
    default:
      throw new CommandError(usage);
  }
};

/** Pauses the consumers and waits until they have finished their entries. */
const pauseAndWait = async (
  queue: OperatedQueue,
  tableName: string | undefined,
  { say, warn }: Terminal,
): Promise<number> => {
  const { connection, name } = queue;
  const partitions = partitionsIn(queue, findTable(queue, tableName));
  const readState = () => readQueueState(connection, name, partitions, tableName);
  const ofTable = tableName === undefined ? '' : ` of ${tableName}`;
  const option = tableName === undefined ? '' : ` --table ${tableName}`;
  await pauseConsumers(connection, name, tableName);
  say(`Pausing the consumers${ofTable} …`);
  const askedAt = performance.now();
  const hasPassed = (ms: number) => performance.now() - askedAt > ms;
  let state = await readState();
  while (!hasPassed(heardAfterMs) || (state.inFlightBatches > 0 && !hasPassed(quietWithinMs))) {
    await pause(pollEveryMs);
    state = await readState();
  }
  if (state.inFlightBatches > 0) {
    warn(`The consumers${ofTable} are paused, but batches are still in flight: ${state.inFlightBatches}.`);
    for (const entry of await listInFlight(connection, partitions, listed)) {
      const seconds = (entry.idleMs / 1_000).toFixed(0);
      warn(`  ${entry.name}  delivered ${entry.deliveries} times, ${seconds} s ago to ${entry.consumer}`);
    }
    warn(`Consumers record the entries of a dead consumer after you resume them: npm run consumers -- resume${option}`);
    warn('Move an entry that cannot be recorded to the dead letters: npm run dead-letters -- move NAME');
    return 1;
  }
  const what = tableName === undefined ? (queue.tables.length > 0 ? 'counts and rows' : 'counts') : 'rows';
  say(
    `The consumers${ofTable} are paused. The queue still takes ${what}; waiting now: ${state.waitingBatches} batches.`,
  );
  return 0;
};

/** Prints the state of a table's queue, or of that of counts and then a line for each table. */
const showStates = async (queue: OperatedQueue, tableName: string | undefined, { say }: Terminal): Promise<void> => {
  const { connection, name, tables } = queue;
  const table = findTable(queue, tableName);
  const state = await readQueueState(connection, name, table?.partitions ?? queue.partitions, tableName);
  // These numbers leave out the tables, which have lines of their own.
  const ofCounts = table === undefined && tables.length > 0 ? ' of counts' : '';
  const lines = {
    paused: state.isPaused ? 'yes' : 'no',
    consumers: state.consumers,
    waiting: waitingOf(state, ofCounts),
    'in flight': `${state.inFlightBatches} batches${ofCounts}`,
    'dead letters': `${state.deadLetters}${ofCounts}`,
  };
  const width = Math.max(12, ...(table === undefined ? tables : []).map((each) => each.name.length));
  for (const [label, value] of Object.entries(lines)) say(`${label.padEnd(width)}  ${value}`);
  if (table !== undefined) return;
  for (const each of tables) {
    const own = await readQueueState(connection, name, each.partitions, each.name);
    const paused = own.isPaused ? ', paused' : '';
    say(`${each.name.padEnd(width)}  ${waitingOf(own)}, ${own.deadLetters} dead letters${paused}`);
  }
};

const waitingOf = ({ waitingBatches, oldestAgeMs }: QueueState, ofCounts = ''): string =>
  `${waitingBatches} batches${ofCounts}, the oldest for ${(oldestAgeMs / 1000).toFixed(1)} s`;

/**
 * Checks the servers and prints the findings. Resolves to 1 if a finding makes producers refuse
 * counts.
 */
const showFindings = async (
  { connection, name, partitions, tables, undeclared }: OperatedQueue,
  ledger: LedgerConnection,
  { warn }: Terminal,
): Promise<number> => {
  const findOwner = async () => {
    const id = await readDatabaseId(ledger, checkWithinMs);
    return id === undefined ? [] : checkOwner(connection, name, id);
  };
  const checks = await Promise.allSettled([
    checkQueueServers({ connection, queueName: name, partitions, deadlineMs: checkWithinMs }),
    findOwner(),
    checkLedgerServer(ledger, checkWithinMs),
    checkTables(ledger, tables, checkWithinMs),
    checkUndeclaredTables(connection, name, undeclared),
  ]);
  const findings = checks.flatMap((check) => (check.status === 'fulfilled' ? check.value : []));
  for (const { severity, detail } of findings) warn(`${severity.padEnd(12)}  ${detail}`);
  for (const check of checks)
    if (check.status === 'rejected') warn(`${'not checked'.padEnd(12)}  ${String(check.reason)}`);
  return findings.some(({ severity }) => severity === 'refused') ? 1 : 0;
};
