import { closeSync, ftruncateSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { commandOn } from '../folder.ts';
import { tryLock } from '../lock.mjs';
import { commandOf } from '../servers/ports.ts';
import { endProcesses, identify, isIdentity, isRunning, type ProcessIdentity } from './processes.ts';

/** Another `npm start` runs on the same folder. */
export class AlreadyRunningError extends Error {
  readonly code = 'ALREADY_RUNNING';
}

/** The process that holds a folder. */
type Holder = ProcessIdentity & { readonly host: string };

type Note = ProcessIdentity & { readonly command: string };

/** The files by which several starts on a folder detect each other. */
export const leftoverFiles = ['running.json', 'lock'] as const;

const [runningName, lockName] = leftoverFiles;

export type RunningNote = ReturnType<typeof createRunningNote>;

/**
 * Creates the claim of a process on a folder, and the note of the processes that it runs. A start
 * after a crash reads the note to find leftover processes.
 */
export const createRunningNote = (folder: string) => {
  const file = join(folder, runningName);
  const lockFile = join(folder, lockName);
  let lock: number | undefined;

  const write = (pids: readonly number[]) => {
    // Replaced as a whole, so that neither a reader nor a start after a crash finds half of it.
    const draft = `${file}.new`;
    writeFileSync(draft, JSON.stringify([process.pid, ...pids].map(noteOf), undefined, 2));
    renameSync(draft, file);
  };

  /** Removes the note. The claim ends with {@link release}, or with the process. */
  const remove = () => rmSync(file, { force: true });

  /**
   * Claims the folder for this process. Throws an {@link AlreadyRunningError} if another process
   * holds it.
   */
  const claim = () => {
    lock = tryLock(lockFile);
    if (lock === undefined) throw new AlreadyRunningError(describeHolder(folder, readHolder(folder)));
    const holder: Holder = { ...identify(process.pid), host: hostname() };
    ftruncateSync(lock);
    writeSync(lock, JSON.stringify(holder), 0);
  };

  const release = () => {
    if (lock !== undefined) closeSync(lock);
    lock = undefined;
  };

  /**
   * Ends the leftover processes of a killed `npm start`. Only the process that has claimed the
   * folder may call it.
   */
  const endLeftovers = async (say: (line: string) => void) => {
    const left = readNotes(folder).filter((note) => note.pid !== process.pid && isRunning(note));
    if (left.length === 0) return;
    say(`The last npm start was killed; ending its ${left.length} remaining processes …`);
    await endProcesses(left);
  };

  return { claim, release, write, remove, endLeftovers };
};

/** Returns the current or last holder of a folder, or undefined if none is noted. */
export const readHolder = (folder: string): Holder | undefined => {
  const holder = readJson(join(folder, lockName));
  return isIdentity(holder) && 'host' in holder && typeof holder.host === 'string'
    ? { pid: holder.pid, started: holder.started, host: holder.host }
    : undefined;
};

const describeHolder = (folder: string, holder: Holder | undefined): string => {
  const problem = `Sluice already runs on ${folder}`;
  if (holder === undefined) return `${problem}. Stop it first, or choose another folder: SLUICE_DIR=… npm start`;
  return isRunning(holder)
    ? `${problem} (pid ${holder.pid}). Stop it with ${commandOn(folder, 'npm stop')}, or with Ctrl-C in its terminal.`
    : `${problem}, in another container or on another machine (host ${holder.host}, pid ${holder.pid} there). ` +
        'Stop it there, or choose another folder: SLUICE_DIR=… npm start';
};

const noteOf = (pid: number): Note => ({ ...identify(pid), command: commandOf(pid) });

/**
 * Returns the processes that a folder's `npm start` noted, itself first. Empty if there is no note.
 * @internal
 */
export const readNotes = (folder: string): Note[] => {
  const notes = readJson(join(folder, runningName));
  return Array.isArray(notes) ? notes.filter(isNote) : [];
};

const isNote = (value: unknown): value is Note =>
  isIdentity(value) && 'command' in value && typeof value.command === 'string';

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};
