import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Failure } from './backoff.ts';
import { createSupervisor, type Part } from './supervise.ts';

const setUp = (test: TestContext) => {
  const deaths: ({ part: string; how: string; lastLines: string[] } & Failure)[] = [];
  const recoveries: string[] = [];
  const supervisor = createSupervisor({
    onLine: () => undefined,
    onDeath: (part, how, lastLines, failure) => deaths.push({ part, how, lastLines: [...lastLines], ...failure }),
    onRecovery: (part) => recoveries.push(part),
    onChange: () => undefined,
  });
  test.after(supervisor.stop);
  return { supervisor, deaths, recoveries };
};

const partOf = (script: string, isReady: (lines: readonly string[]) => boolean): Part => ({
  name: 'part',
  command: process.execPath,
  args: ['--eval', script],
  checkReady: async (lines) => {
    if (!isReady(lines)) throw new Error('not ready');
  },
});

/** Resolves when `isSo` returns true. The timeout of the test bounds it. */
const waitUntil = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await pause(10);
};

const saysUp = (lines: readonly string[]) => lines.includes('up');

test('a part that dies is reported with its last lines and restarted', async (t) => {
  const { supervisor, deaths } = setUp(t);
  await supervisor.start(partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp));
  const [first] = supervisor.pids();
  process.kill(Number(first), 'SIGKILL');
  while (supervisor.pids()[0] === first || supervisor.pids().length === 0) await new Promise(setImmediate);
  const [{ retryInMs, ...death } = { retryInMs: 0 }, ...others] = deaths;
  assert.deepEqual([death, others], [{ part: 'part', how: 'SIGKILL', lastLines: ['up'], count: 1 }, []]);
  assert.ok(retryInMs > 0 && retryInMs <= 500);
});

test('a part is prepared before each launch', async (t) => {
  const { supervisor, deaths } = setUp(t);
  const steps: string[] = [];
  const prepare = async () => {
    steps.push(`prepared, ${supervisor.pids().length} running`);
  };
  const part = partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp);
  await supervisor.start({ ...part, prepare });
  process.kill(Number(supervisor.pids()[0]), 'SIGKILL');
  while (deaths.length === 0 || supervisor.pids().length === 0) await new Promise(setImmediate);
  assert.deepEqual(steps, ['prepared, 0 running', 'prepared, 0 running']);
});

test('a part that cannot be prepared is not started', async (t) => {
  const { supervisor } = setUp(t);
  const prepare = () => Promise.reject(new Error('the disk is gone'));
  await assert.rejects(supervisor.start({ ...partOf('', saysUp), prepare }), {
    code: 'PART_FAILED',
    message: /part could not be prepared: the disk is gone/,
  });
  assert.deepEqual(supervisor.pids(), []);
});

test('a part that died and cannot be prepared is retried until it can', async (t) => {
  const { supervisor, deaths } = setUp(t);
  let times = 0;
  const prepare = async () => {
    times += 1;
    if (times === 2 || times === 3) throw new Error('the disk is full');
  };
  await supervisor.start({ ...partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp), prepare });
  const [first] = supervisor.pids();
  process.kill(Number(first), 'SIGKILL');
  await waitUntil(() => supervisor.pids().some((pid) => pid !== first));
  const full = 'part could not be prepared: the disk is full';
  assert.deepEqual(
    deaths.map(({ how }) => how),
    ['SIGKILL', full, full],
  );
});

test('a part that cannot start is an error with its last lines', async (t) => {
  const { supervisor } = setUp(t);
  await assert.rejects(supervisor.start(partOf('console.error("no configuration"); process.exit(3)', saysUp)), {
    code: 'PART_FAILED',
    message: /part could not start.*\n {2}no configuration/,
  });
});

test('a missing command is an error with its name', async (t) => {
  const { supervisor } = setUp(t);
  const part = { ...partOf('', saysUp), command: '/nowhere/at-all' };
  await assert.rejects(supervisor.start(part), { code: 'PART_FAILED', message: /nowhere\/at-all/ });
});

test('a part that keeps dying is restarted with backoff, and the others keep running', async (t) => {
  const { supervisor, deaths, recoveries } = setUp(t);
  await supervisor.start({ ...partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp), name: 'neighbour' });
  const [neighbour] = supervisor.pids();
  const script = 'console.log("up"); setTimeout(() => process.exit(1), 50)';
  await supervisor.start(partOf(script, saysUp));
  await waitUntil(() => deaths.length > 5);
  assert.ok(deaths.every(({ part, how }) => part === 'part' && how === 'exit code 1'));
  assert.deepEqual(
    deaths.slice(0, 6).map(({ count }) => count),
    [1, 2, 3, 4, 5, 6],
  );
  const pauses = deaths.map(({ retryInMs }) => retryInMs);
  assert.ok(Number(pauses[0]) <= 500 && Number(pauses[5]) >= 7_500, String(pauses));
  assert.ok(supervisor.pids().includes(Number(neighbour)));
  assert.ok(!recoveries.includes('neighbour'));
});

test('a part that is ready again is reported', async (t) => {
  const { supervisor, recoveries } = setUp(t);
  await supervisor.start(partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp));
  assert.deepEqual(recoveries, []);
  process.kill(Number(supervisor.pids()[0]), 'SIGKILL');
  await waitUntil(() => recoveries.length > 0);
  assert.deepEqual(recoveries, ['part']);
});

test('stop ends a part that ignores SIGTERM', async (t) => {
  const { supervisor } = setUp(t);
  await supervisor.start(
    partOf('process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)', saysUp),
  );
  await supervisor.stop();
  assert.deepEqual(supervisor.pids(), []);
});

test('stop includes a part that is about to be restarted', async (t) => {
  const { supervisor, deaths } = setUp(t);
  await supervisor.start(partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp));
  process.kill(Number(supervisor.pids()[0]), 'SIGKILL');
  while (deaths.length === 0) await new Promise(setImmediate);
  await supervisor.stop();
  assert.deepEqual(supervisor.pids(), []);
});
