import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const urlOf = (file: string): string => pathToFileURL(join(import.meta.dirname, file)).href;

// The one of the tests' own output.
const { FORCE_COLOR: _, ...variables } = process.env;

/** Runs a command whose work is `body`, in a process of its own without a terminal; `onLine` may send it a signal. */
const run = async (body: string, signal?: NodeJS.Signals) => {
  const script = [
    `import { pause, runCommand, UsageError } from '${urlOf('command.ts')}';`,
    `import { CommandError } from '${urlOf('explain.ts')}';`,
    `await runCommand(async (work) => { ${body} });`,
  ].join('\n');
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...variables, SLUICE_POLL_MS: '10' },
  });
  if (signal !== undefined) child.stdout.once('data', () => child.kill(signal));
  const ended = once(child, 'close');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, output, errors };
};

const waiting = `work.progress.line('working'); for (;;) { work.progress.status('moving'); await pause(work); }`;

test('a command ends with what its work answers', async () => {
  const { code, errors } = await run('return 3;');
  assert.deepEqual([code, errors], [3, '']);
});

test('a fault is told in three lines and ends with 1', async () => {
  const { code, errors } = await run(`throw new CommandError([{ what: 'a', where: 'b', mend: 'c' }]);`);
  assert.deepEqual([code, errors], [1, '\n✗ a\n  where  b\n  mend   c\n']);
});

test('a call that nobody knows ends with 2 and shows how to call it', async () => {
  const { code, errors } = await run(`throw new UsageError('like this');`);
  assert.deepEqual([code, errors], [2, '\nlike this\n']);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends a command that waits with ${code}, and says how to go on`, async () => {
    const ended = await run(waiting, signal);
    assert.equal(ended.code, code);
    assert.match(ended.errors, /^\nInterrupted\. .* run the same command again to go on\.\n$/);
  });
}

test('without a terminal nothing moves: what is under way is not shown, and no code of a terminal is written', async () => {
  const { output } = await run(waiting, 'SIGINT');
  assert.ok(!output.includes('moving') && !output.includes('\u001B'), output);
});
