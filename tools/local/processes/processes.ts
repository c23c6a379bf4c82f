import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * A process with an unambiguous identity. A process id is not enough: after a reboot or a container
 * restart, another process has it.
 */
export type ProcessIdentity = {
  readonly pid: number;
  /**
   * The time and place of its start: boot, namespace of its id and clock tick. `''` if it does not
   * run.
   */
  readonly started: string;
};

const endWithinMs = 9_000;

/**
 * Parses a list of processes from JSON, without the items that are no process. Throws if it is not
 * JSON.
 */
export const parseProcesses = (json: string): ProcessIdentity[] => {
  const list: unknown = JSON.parse(json);
  return Array.isArray(list) ? list.filter(isIdentity) : [];
};

/** True if a value identifies a process. */
export const isIdentity = (value: unknown): value is ProcessIdentity =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  typeof value.pid === 'number' &&
  'started' in value &&
  typeof value.started === 'string';

/** Identifies the process that has an id now. */
export const identify = (pid: number): ProcessIdentity => ({ pid, started: startOf(pid) });

/** True if exactly this process runs. */
export const isRunning = ({ pid, started }: ProcessIdentity): boolean => started !== '' && startOf(pid) === started;

/** Ends processes with SIGTERM, and with SIGKILL after 9 s. Resolves when none is left. */
export const endProcesses = async (processes: readonly ProcessIdentity[]): Promise<void> => {
  signal(processes, 'SIGTERM');
  const killAt = performance.now() + endWithinMs;
  while (processes.some(isRunning)) {
    if (performance.now() > killAt) signal(processes, 'SIGKILL');
    await pause(50);
  }
};

const signal = (processes: readonly ProcessIdentity[], name: NodeJS.Signals): void => {
  for (const each of processes.filter(isRunning)) {
    try {
      process.kill(each.pid, name);
    } catch (error) {
      // It has just ended.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
};

const startOf = (pid: number): string => {
  try {
    return process.platform === 'linux' ? startInProc(pid) : startByPs(pid);
  } catch {
    return '';
  }
};

const startInProc = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The fields after the name, which may contain any character (proc_pid_stat(5)). The state is
  // field 3, the start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  // A zombie has ended.
  if (state === 'Z') return '';
  return `${bootAndNamespace()} ${startTicks}`;
};

const bootAndNamespace = (): string => {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // A sandbox may have neither. The start time remains.
    return '';
  }
};

const startByPs = (pid: number): string =>
  execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
