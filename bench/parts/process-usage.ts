import { readFileSync } from 'node:fs';

// USER_HZ, which Linux fixes for every program: proc(5), "/proc/pid/stat".
const ticksPerSecond = 100;

/** The memory of a process that is in use, in MB; NaN where the system does not tell. */
export const residentMb = (pid: number): number => {
  const [, kb = 'NaN'] = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`)) ?? [];
  return (Number(kb) * 1024) / 1_000_000;
};

/** The processor time that a process has taken, in ms, to the nearest 10; NaN where the system does not tell. */
export const cpuMs = (pid: number): number => {
  // The name of the command, in brackets, may have spaces.
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
