import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InterruptedError } from './command.ts';
import { CommandError } from './explain.ts';
import { runProgram } from './run-program.ts';

const cwd = import.meta.dirname;
const run = (script: string, signal = new AbortController().signal, input = '') =>
  runProgram(process.execPath, ['--eval', script], { cwd, signal, input });

test('runs a program to its end, and returns its output and exit status', async () => {
  const { status, output, lastLines } = await run('console.log("one"); console.error("two"); process.exitCode = 3');
  assert.deepEqual([status, output, lastLines.toSorted()], [3, 'one', ['one', 'two']]);
});

test('passes input on stdin, and not as an argument that other users can see', async () => {
  const { output } = await run('process.stdin.pipe(process.stdout)', undefined, 'secret\n');
  assert.equal(output, 'secret');
});

test('an interrupt ends the program and throws InterruptedError', async () => {
  const controller = new AbortController();
  const running = runProgram(process.execPath, ['--eval', 'console.log(1); setInterval(() => {}, 1000)'], {
    cwd,
    signal: controller.signal,
    onLine: () => controller.abort(),
  });
  await assert.rejects(running, InterruptedError);
});

test('an interrupt also ends the child processes of the program', async () => {
  const started = `console.log('started'); setTimeout(() => console.log('went on'), 30_000)`;
  const script = `require('child_process').spawn(process.execPath, ['--eval', ${JSON.stringify(started)}], { stdio: 'inherit' })`;
  const controller = new AbortController();
  const lines: string[] = [];
  const running = runProgram(process.execPath, ['--eval', script], {
    cwd,
    signal: controller.signal,
    onLine: (line) => {
      lines.push(line);
      controller.abort();
    },
  });
  await assert.rejects(running, InterruptedError);
  assert.deepEqual(lines, ['started']);
});

test('starts no program after an interrupt', async () => {
  await assert.rejects(run('console.log(1)', AbortSignal.abort()), InterruptedError);
});

test('names a missing program', async () => {
  const { signal } = new AbortController();
  await assert.rejects(runProgram('sluice-no-such-program', [], { cwd, signal }), (error: unknown) => {
    assert.ok(error instanceof CommandError);
    assert.match(error.message, /The program sluice-no-such-program is not installed/);
    return true;
  });
});
