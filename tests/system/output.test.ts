import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { readNotes } from '@sluice/local/processes/leftovers.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { isRunning } from '@sluice/local/processes/processes.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createFolder, ownEnvironment, start } from '@sluice/test-servers/npm-start.ts';

// No process outlives `npm start`, however that ends.

const untilNoneRuns = (processes: ReturnType<typeof readNotes>) => waitUntil(() => !processes.some(isRunning));

test('when npm start is killed, its parts end on their own', async (t) => {
  const folder = createFolder(t);
  const sluice = start(t, folder, { HTTP_PORT: String(await findFreePort()) });
  await sluice.untilUp();
  const processes = readNotes(folder);
  assert.ok(processes.length >= 6);
  sluice.child.kill('SIGKILL');
  await untilNoneRuns(processes);
});

test('when the reader of its output ends, as with `| head`, all parts end first', async (t) => {
  const folder = createFolder(t);
  const sluice = start(t, folder, { HTTP_PORT: String(await findFreePort()) });
  await sluice.untilUp();
  const processes = readNotes(folder);
  sluice.child.stdout.destroy();
  sluice.child.stderr.destroy();
  const producer = processes.find(({ command }) => command.includes('apps/producer'));
  // `npm start` reports the death of a part to a closed output.
  process.kill(Number(producer?.pid), 'SIGKILL');
  await sluice.ended;
  assert.deepEqual(processes.filter(isRunning), []);
  assert.equal(sluice.child.exitCode, 0);
});

/**
 * Runs a command line in a terminal of the program `script`. The terminal closes when `script`
 * ends.
 */
const startInTerminal = (t: TestContext, folder: string, port: number, line: string) => {
  const terminal = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    env: { ...ownEnvironment(), SLUICE_DIR: folder, HTTP_PORT: String(port), SHELL: '/bin/bash' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(terminal, 'exit');
  let output = '';
  terminal.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  t.after(() => terminal.kill('SIGKILL') && ended);
  const close = async () => {
    terminal.kill('SIGKILL');
    await ended;
  };
  return { close, isUp: () => output.includes('Try it') };
};

const nodeMain = `'${process.execPath}' '${join(repository, 'tools/local/main.ts')}'`;

test('when its terminal is closed, all parts end', async (t) => {
  const folder = createFolder(t);
  const terminal = startInTerminal(t, folder, await findFreePort(), nodeMain);
  await waitUntil(terminal.isUp);
  const processes = readNotes(folder);
  await terminal.close();
  await untilNoneRuns(processes);
});

test('with nohup, it keeps running when its terminal is closed', async (t) => {
  const folder = createFolder(t);
  const port = await findFreePort();
  // Job control, as at a prompt: the shell sends the terminal's signal to its jobs.
  const line = `set -m; cd '${folder}'; nohup ${nodeMain} & wait`;
  const terminal = startInTerminal(t, folder, port, line);
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  const isConsumer = ({ command }: { readonly command: string }) => command.includes('apps/consumer');
  // A producer may be ready before the consumer has started.
  await waitUntil(async () => (await isUp()) && readNotes(folder).some(isConsumer));
  const processes = readNotes(folder);
  await terminal.close();
  const [main] = processes;
  assert.ok(main !== undefined);
  t.after(async () => {
    process.kill(main.pid, 'SIGTERM');
    await untilNoneRuns(processes);
  });
  process.kill(main.pid, 'SIGHUP');
  // It handles the death of a part only after the earlier signal.
  const consumer = processes.find(isConsumer);
  process.kill(Number(consumer?.pid), 'SIGKILL');
  await waitUntil(() => readNotes(folder).some((note) => isConsumer(note) && note.pid !== consumer?.pid));
  assert.ok(isRunning(main));
});
