import { endProcesses, parseProcesses } from './processes.ts';

// `node reap.ts PROCESSES` ends processes whose parent is gone (reaper.ts). PROCESSES is a list of
// identities as JSON.

await endProcesses(parseProcesses(process.argv[2] ?? '[]'));
