import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InterruptedError } from './command.ts';
import { CommandError } from './explain.ts';
import { runProgram } from './run-program.ts';

const cwd = import.meta.dirname;
const run = (script: string, signal = new AbortController().signal, input = '') =>
  runProgram(process.execPath, ['--eval', script], { cwd, signal, input });

test('a program is run to its end, with what it said and how it ended', async () => {
  const { status, output, lastLines } = await run('console.log("one"); console.error("two"); process.exitCode = 3');
  assert.deepEqual([status, output, lastLines.toSorted()], [3, 'one', ['one', 'two']]);
});

test('what a program is given to read is no argument, which others would see', async () => {
  const { output } = await run('process.stdin.pipe(process.stdout)', undefined, 'secret\n');
  assert.equal(output, 'secret');
});

test('an interruption ends the program and is told as such', async () => {
  const controller = new AbortController();
  const running = runProgram(process.execPath, ['--eval', 'console.log(1); setInterval(() => {}, 1000)'], {
    cwd,
    signal: controller.signal,
    onLine: () => controller.abort(),
  });
  await assert.rejects(running, InterruptedError);
});

test('an interruption ends what the program has started, too: nothing writes beside whoever runs it again', async () => {
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

test('what was interrupted before does not begin another program', async () => {
  await assert.rejects(run('console.log(1)', AbortSignal.abort()), InterruptedError);
});

test('a program that is not there is named', async () => {
  const { signal } = new AbortController();
  await assert.rejects(runProgram('sluice-no-such-program', [], { cwd, signal }), (error: unknown) => {
    assert.ok(error instanceof CommandError);
    assert.match(error.message, /There is no program sluice-no-such-program/);
    return true;
  });
});
