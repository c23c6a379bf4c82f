import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';

const silentMs = 1_000;
const endsWithinMs = 30_000;

/** Runs a script together with a watchdog. Returns how it ended and what it wrote. */
const run = async (test: TestContext, script: string) => {
  const source = `
    import { startWatchdog } from ${JSON.stringify(new URL('./watchdog.ts', import.meta.url).href)};
    const watchdog = startWatchdog(process, ${silentMs});
    const loop = watchdog.watch('the loop');
    const until = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The timeout sends SIGTERM, to be distinguished from the watchdog's SIGKILL.
    timeout: endsWithinMs,
  });
  test.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, output };
};

test('a loop with a promise that never settles is killed, and the log names the loop', async (t) => {
  const { signal, output } = await run(t, 'setInterval(() => {}, 1000); await new Promise(() => {});');
  assert.equal(signal, 'SIGKILL');
  const line = JSON.parse(output) as Record<string, unknown>;
  assert.equal(line['level'], 'fatal');
  assert.equal(line['loop'], 'the loop');
});

test('a process with a blocked event loop is killed', async (t) => {
  const { signal } = await run(t, 'await until(10); for (;;);');
  assert.equal(signal, 'SIGKILL');
});

test('failed attempts count as attempts, and a loop that has ended is not watched', async (t) => {
  const { code, output } = await run(
    t,
    `for (let attempt = 0; attempt < 15; attempt++) { loop.heartbeat(); await until(100); }
     loop.end();
     await until(${silentMs * 1.5});
     await watchdog.stop();`,
  );
  assert.deepEqual({ code, output }, { code: 0, output: '' });
});

test('one silent loop among others with heartbeats is found', async (t) => {
  const { signal, output } = await run(
    t,
    `const other = watchdog.watch('another'); setInterval(() => loop.heartbeat(), 50); await new Promise(() => {});`,
  );
  assert.equal(signal, 'SIGKILL');
  assert.match(output, /"loop":"another"/);
});

test('a clock that is set back does not kill a loop with heartbeats', async (t) => {
  const { code, output } = await run(
    t,
    `const now = Date.now;
     Date.now = () => now() - 3_600_000;
     for (let attempt = 0; attempt < 15; attempt++) { loop.heartbeat(); await until(100); }
     loop.end();
     await watchdog.stop();`,
  );
  assert.deepEqual({ code, output }, { code: 0, output: '' });
});

test('a clock that is set forward does not hide a blocked loop', async (t) => {
  const { signal } = await run(
    t,
    `const now = Date.now;
     Date.now = () => now() + 3_600_000;
     loop.heartbeat();
     await until(10);
     for (;;);`,
  );
  assert.equal(signal, 'SIGKILL');
});
