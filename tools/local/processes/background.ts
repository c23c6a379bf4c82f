import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { commandOn, logFolderOf, makeFolder } from '../folder.ts';

const showEveryMs = 100;

type Background = {
  /** The program to start. It sends a message when it is ready. */
  readonly main: string;
  readonly args: readonly string[];
  /** The data folder, which contains the folder of the logs. */
  readonly folder: string;
  readonly say: (text: string) => void;
};

/**
 * Starts a program in its own session, which no terminal ends, with its output in a file. Shows
 * that output until the program is ready. Returns its exit code if it ends before that, and 0
 * otherwise.
 */
export const startInBackground = async ({ main, args, folder, say }: Background): Promise<number> => {
  const logFolder = logFolderOf(folder);
  makeFolder(logFolder);
  const logFile = join(logFolder, 'sluice.log');
  // Opened for appending, because a running Sluice may use the same log.
  const log = openSync(logFile, 'a+', 0o600);
  const show = createReader(log, say);
  const child = spawn(process.execPath, [main, ...args], { detached: true, stdio: ['ignore', log, log, 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'));
  const showing = setInterval(show, showEveryMs);
  const up = once(child, 'message').then(() => undefined);
  const ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : 1));
  const code = await Promise.race([up, ended]);
  clearInterval(showing);
  show();
  closeSync(log);
  if (code !== undefined) return code;
  child.disconnect();
  child.unref();
  const lines = [
    `Sluice runs in the background (pid ${child.pid}).`,
    `To stop it:     ${commandOn(folder, 'npm stop')}`,
    `To see its log: tail -f ${logFile}`,
  ];
  say(`${lines.join('\n')}\n`);
  return 0;
};

/** Shows the text that was appended to a file since the last call. */
const createReader = (file: number, say: (text: string) => void) => {
  let position = fstatSync(file).size;
  return () => {
    const bytes = Buffer.alloc(fstatSync(file).size - position);
    position += readSync(file, bytes, 0, bytes.length, position);
    if (bytes.length > 0) say(bytes.toString());
  };
};
