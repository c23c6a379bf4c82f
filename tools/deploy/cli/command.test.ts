import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const urlOf = (file: string): string => pathToFileURL(join(import.meta.dirname, file)).href;

// The variables without the FORCE_COLOR of the tests' own output.
const { FORCE_COLOR: _, ...variables } = process.env;

type Trouble = { readonly signal?: NodeJS.Signals; readonly isUnread?: boolean; readonly pollMs?: string };

/**
 * Runs a command with the work `body` in its own process without a terminal. After its first
 * output, the command gets a signal, or its output is no longer read.
 */
const run = async (body: string, { signal, isUnread = false, pollMs = '10' }: Trouble = {}) => {
  const script = [
    `import { pause, runCommand, UsageError } from '${urlOf('command.ts')}';`,
    `import { CommandError } from '${urlOf('explain.ts')}';`,
    `import { askerOf, confirmByName } from '${urlOf('confirm.ts')}';`,
    `await runCommand(async (work) => { ${body} });`,
  ].join('\n');
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...variables, SLUICE_POLL_MS: pollMs },
    // A command that misses its signal fails its test, and does not block the others.
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  if (signal !== undefined) child.stdout.once('data', () => child.kill(signal));
  if (isUnread) child.stdout.once('data', () => child.stdout.destroy());
  const ended = once(child, 'close');
  const [output, errors] = await Promise.all([isUnread ? '' : text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, output, errors };
};

const waiting = `work.progress.line('working'); for (;;) { work.progress.status('moving'); await pause(work); }`;

test('exits with the status that the work returns', async () => {
  const { code, errors } = await run('return 3;');
  assert.deepEqual([code, errors], [3, '']);
});

test('a failure prints what, where and fix, and exits with 1', async () => {
  const { code, errors } = await run(`throw new CommandError([{ what: 'a', where: 'b', fix: 'c' }]);`);
  assert.deepEqual([code, errors], [1, '\n✗ a\n  where  b\n  fix    c\n']);
});

test('wrong usage exits with 2 and prints the usage', async () => {
  const { code, errors } = await run(`throw new UsageError('like this');`);
  assert.deepEqual([code, errors], [2, '\nlike this\n']);
});

test('an invalid poll interval is wrong usage: without a pause, the command would poll AWS in a busy loop', async () => {
  for (const pollMs of ['soon', '0', '-1', '1e9']) {
    const { code, errors } = await run('return 0;', { pollMs });
    assert.deepEqual([code, errors], [2, `\nSLUICE_POLL_MS is ${pollMs}; it must be 1 to 999999, in milliseconds\n`]);
  }
  assert.equal((await run('return 0;', { pollMs: '' })).code, 0);
});

test('a closed output interrupts the command, which still cleans up', async () => {
  const { code, errors } = await run(
    `try { for (;;) { work.progress.line('working'); await pause(work); } } finally { process.stderr.write('given back\\n'); }`,
    { isUnread: true },
  );
  assert.match(errors, /^given back\n\nInterrupted\./);
  assert.equal(code, 141);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends a waiting command with ${code}, and prints how to resume`, async () => {
    const ended = await run(waiting, { signal });
    assert.equal(ended.code, code);
    assert.match(ended.errors, /^\nInterrupted\. .* To resume, run the same command again\.\n$/);
  });
}

for (const [signal, code, question] of [
  ['SIGTERM', 143, `confirmByName({ environment: { name: 'dev' }, isAsking: true }, work, 'destroy')`],
  ['SIGHUP', 129, `askerOf({ isAsking: true }, work)('Deploy')`],
] as const) {
  test(`${signal} at a prompt ends the command with ${code}, which still cleans up`, async () => {
    const ended = await run(`try { await ${question}; } finally { process.stderr.write('given back\\n'); }`, {
      signal,
    });
    assert.equal(ended.code, code);
    assert.match(ended.errors, /^given back\n\nInterrupted\./);
  });
}

test('without a terminal, prints no animated progress and no control characters', async () => {
  const { output } = await run(waiting, { signal: 'SIGINT' });
  assert.ok(!output.includes('moving') && !output.includes('\u001B'), output);
});
