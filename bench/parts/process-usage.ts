import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

// USER_HZ, which Linux fixes for every program: proc(5), "/proc/pid/stat".
const ticksPerSecond = 100;

/** Returns the resident memory of a process in MB, or NaN if the system does not report it. */
export const residentMb = (pid: number): number => {
  const [, kb = 'NaN'] = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`)) ?? [];
  return (Number(kb) * 1024) / 1_000_000;
};

/** Returns the resident memory of a process and its descendants in MB. */
export const residentMbOfTree = (pid: number): number => {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [residentMb(pid), ...children.map(residentMbOfTree)].reduce((sum, mb) => sum + mb, 0);
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

/** Returns the number of file handles that a process has open. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Returns the number of TCP connections of a process to a port, from Linux's own table. */
export const connectionsTo = (pid: number, port: number): number => {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = `${read(`/proc/${pid}/net/tcp`)}${read(`/proc/${pid}/net/tcp6`)}`.split('\n');
  return lines.filter((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[2]?.endsWith(`:${hex}`) === true && inodes.has(`socket:[${fields[9]}]`);
  }).length;
};

// A file descriptor may be closed meanwhile.
const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
