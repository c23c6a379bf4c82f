import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { commandOf } from './ports.ts';

/** Another `npm start` runs on the same folder. */
export class AlreadyRunningError extends Error {
  readonly code = 'ALREADY_RUNNING';
}

type Note = { readonly pid: number; readonly command: string };

const endWithinMs = 9_000;

/** The note of what runs on a folder, by which a start after a crash finds what was left. */
export const createRunningNote = (folder: string) => {
  const file = join(folder, 'running.json');

  const write = (pids: readonly number[]) => {
    const notes = [process.pid, ...pids].map((pid): Note => ({ pid, command: commandOf(pid) }));
    writeFileSync(file, JSON.stringify(notes, undefined, 2));
  };

  const remove = () => rmSync(file, { force: true });

  /** Ends what an `npm start` left that was killed. Throws an {@link AlreadyRunningError} when it was not. */
  const endLeftovers = async (say: (line: string) => void) => {
    const [owner, ...parts] = read();
    if (owner === undefined) return;
    if (isRunning(owner)) {
      throw new AlreadyRunningError(
        `Sluice runs here already (pid ${owner.pid}). Stop it with Ctrl-C, or: kill ${owner.pid}`,
      );
    }
    const left = parts.filter(isRunning);
    if (left.length === 0) return;
    say(`The last start was killed; ending the ${left.length} processes that it left …`);
    for (const { pid } of left) process.kill(pid, 'SIGTERM');
    const killAt = performance.now() + endWithinMs;
    while (left.some(isRunning)) {
      if (performance.now() > killAt) for (const { pid } of left.filter(isRunning)) process.kill(pid, 'SIGKILL');
      // oxlint-disable-next-line no-await-in-loop -- until they have ended
      await pause(50);
    }
  };

  const read = (): Note[] => {
    try {
      const notes: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return Array.isArray(notes) ? notes.filter(isNote) : [];
    } catch {
      return [];
    }
  };

  return { write, remove, endLeftovers };
};

const isNote = (value: unknown): value is Note =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  typeof value.pid === 'number' &&
  'command' in value &&
  typeof value.command === 'string';

/** By command too: the id may be another process's by now. */
const isRunning = ({ pid, command }: Note): boolean => command !== '' && commandOf(pid) === command;
