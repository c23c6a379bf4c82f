import { readFileSync } from 'node:fs';

// USER_HZ, which Linux fixes for every program: proc(5), "/proc/pid/stat".
const ticksPerSecond = 100;

/** Returns the resident memory of a process in MB, or NaN if the system does not report it. */
export const residentMb = (pid: number): number => {
  const [, kb = 'NaN'] = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`)) ?? [];
  return (Number(kb) * 1024) / 1_000_000;
};

/**
 * Returns the CPU time of a process in ms, to the nearest 10, or NaN if the system does not report
 * it.
 */
export const cpuMs = (pid: number): number => {
  // The command name, in brackets, may contain spaces.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
