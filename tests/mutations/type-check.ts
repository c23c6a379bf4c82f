import { execFile } from 'node:child_process';
import { join } from 'node:path';

const withinMs = 120_000;

/**
 * Checks the types of a program as it is now, and answers with a function that does so again, after a patch: it gives the first error that was not there
 * before. A mutation that is no program would fail any test. What is left unused is no error.
 */
export const createTypeCheck = async (program: string): Promise<() => Promise<string | undefined>> => {
  const before = new Set(await readErrors(program));
  return async () => (await readErrors(program)).find((error) => !before.has(error));
};

const readErrors = (program: string): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const args = [
      ...[join(program, 'node_modules/typescript/bin/tsc'), '--pretty', 'false'],
      ...['--incremental', '--tsBuildInfoFile', join(program, 'node_modules/.tsbuildinfo')],
      ...['--noUnusedLocals', 'false', '--noUnusedParameters', 'false', '--allowUnreachableCode', 'true'],
    ];
    execFile(process.execPath, args, { cwd: program, timeout: withinMs }, (error, stdout) => {
      if (error !== null && typeof error.code !== 'number') {
        reject(new Error('The types could not be checked', { cause: error }));
        return;
      }
      resolve(stdout.split('\n').filter((line) => line.includes('error TS')));
    });
  });
