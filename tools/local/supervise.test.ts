import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createSupervisor, type Part } from './supervise.ts';

const setUp = (test: TestContext) => {
  const deaths: { part: string; how: string; lastLines: string[] }[] = [];
  const supervisor = createSupervisor({
    onLine: () => undefined,
    onDeath: (part, how, lastLines) => deaths.push({ part, how, lastLines: [...lastLines] }),
    onChange: () => undefined,
  });
  test.after(supervisor.stop);
  return { supervisor, deaths };
};

const partOf = (script: string, isReady: (lines: readonly string[]) => boolean): Part => ({
  name: 'part',
  command: process.execPath,
  args: ['--eval', script],
  checkReady: async (lines) => {
    if (!isReady(lines)) throw new Error('not ready');
  },
});

const saysUp = (lines: readonly string[]) => lines.includes('up');

test('a part that dies is named with its last lines and started again', async (t) => {
  const { supervisor, deaths } = setUp(t);
  await supervisor.start(partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp));
  const [first] = supervisor.pids();
  process.kill(Number(first), 'SIGKILL');
  while (supervisor.pids()[0] === first || supervisor.pids().length === 0) await new Promise(setImmediate);
  assert.deepEqual(deaths, [{ part: 'part', how: 'SIGKILL', lastLines: ['up'] }]);
});

test('a part is prepared before each launch, and cleaned up after when all is stopped', async (t) => {
  const { supervisor, deaths } = setUp(t);
  const steps: string[] = [];
  const prepare = async () => {
    steps.push(`prepared, ${supervisor.pids().length} running`);
  };
  const cleanUp = () => steps.push(`cleaned up, ${supervisor.pids().length} running`);
  const part = partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp);
  await supervisor.start({ ...part, prepare, cleanUp });
  process.kill(Number(supervisor.pids()[0]), 'SIGKILL');
  while (deaths.length === 0 || supervisor.pids().length === 0) await new Promise(setImmediate);
  await supervisor.stop();
  assert.deepEqual(steps, ['prepared, 0 running', 'prepared, 0 running', 'cleaned up, 0 running']);
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

test('a part that died and cannot be prepared again breaks the whole', async (t) => {
  const { supervisor } = setUp(t);
  let times = 0;
  const prepare = async () => {
    if (++times > 1) throw new Error('the disk is gone');
  };
  await supervisor.start({ ...partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp), prepare });
  process.kill(Number(supervisor.pids()[0]), 'SIGKILL');
  await assert.rejects(supervisor.broken, { code: 'PART_FAILED', message: /the disk is gone/ });
});

test('a part that cannot start is an error with its last lines', async (t) => {
  const { supervisor } = setUp(t);
  await assert.rejects(supervisor.start(partOf('console.error("no configuration"); process.exit(3)', saysUp)), {
    code: 'PART_FAILED',
    message: /part could not start.*\n {2}no configuration/,
  });
});

test('a command that is not there is an error that names it', async (t) => {
  const { supervisor } = setUp(t);
  const part = { ...partOf('', saysUp), command: '/nowhere/at-all' };
  await assert.rejects(supervisor.start(part), { code: 'PART_FAILED', message: /nowhere\/at-all/ });
});

test('a part that dies five times within a minute breaks the whole', async (t) => {
  const { supervisor, deaths } = setUp(t);
  await supervisor.start(partOf('console.log("up"); setTimeout(() => process.exit(1), 50)', saysUp));
  await assert.rejects(supervisor.broken, { code: 'PART_FAILED', message: /part died 5 times/ });
  assert.equal(deaths.length, 5);
});

test('stop ends a part that does not listen to SIGTERM', async (t) => {
  const { supervisor } = setUp(t);
  await supervisor.start(
    partOf('process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)', saysUp),
  );
  await supervisor.stop();
  assert.deepEqual(supervisor.pids(), []);
});

test('stop reaches a part that is about to be started again', async (t) => {
  const { supervisor, deaths } = setUp(t);
  await supervisor.start(partOf('console.log("up"); setInterval(() => {}, 1000)', saysUp));
  process.kill(Number(supervisor.pids()[0]), 'SIGKILL');
  while (deaths.length === 0) await new Promise(setImmediate);
  await supervisor.stop();
  assert.deepEqual(supervisor.pids(), []);
});
