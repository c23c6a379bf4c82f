import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
  const claimFile = join(folder, 'claim.json');

  const write = (pids: readonly number[]) => {
    // Replaced as a whole: a reader, or a start after a crash, never finds half of it.
    const draft = `${file}.new`;
    writeFileSync(draft, JSON.stringify([process.pid, ...pids].map(noteOf), undefined, 2));
    renameSync(draft, file);
  };

  const remove = () => {
    rmSync(file, { force: true });
    rmSync(claimFile, { force: true });
  };

  /** Makes the folder this process's own. Throws an {@link AlreadyRunningError} when it is another's that runs. */
  const claim = () => {
    const draft = `${claimFile}.${process.pid}`;
    try {
      // A link is made whole or not at all, and not when there is one: of two at a time one gets it.
      writeFileSync(draft, JSON.stringify([noteOf(process.pid)]));
      while (!tryLink(draft, claimFile)) removeStale(claimFile);
    } finally {
      rmSync(draft, { force: true });
    }
  };

  /** Ends what an `npm start` left that was killed. To be called by who has claimed the folder. */
  const endLeftovers = async (say: (line: string) => void) => {
    const left = read(file).filter((note) => note.pid !== process.pid && isRunning(note));
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

  return { claim, write, remove, endLeftovers };
};

const noteOf = (pid: number): Note => ({ pid, command: commandOf(pid) });

const read = (file: string): Note[] => {
  try {
    const notes: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(notes) ? notes.filter(isNote) : [];
  } catch {
    return [];
  }
};

const tryLink = (from: string, to: string): boolean => {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
};

/** Removes the claim of a process that does not run any more. Throws an {@link AlreadyRunningError} when it does. */
const removeStale = (claimFile: string): void => {
  const aside = `${claimFile}.${process.pid}.old`;
  refuseRunning(read(claimFile));
  try {
    // Moved first and looked at again, because another may have claimed the folder meanwhile.
    renameSync(claimFile, aside);
  } catch {
    return;
  }
  try {
    refuseRunning(read(aside));
  } catch (error) {
    renameSync(aside, claimFile);
    throw error;
  }
  rmSync(aside, { force: true });
};

const refuseRunning = ([owner]: readonly Note[]): void => {
  if (owner === undefined || !isRunning(owner)) return;
  throw new AlreadyRunningError(
    `Sluice runs here already (pid ${owner.pid}). Stop it with Ctrl-C, or: kill ${owner.pid}`,
  );
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
