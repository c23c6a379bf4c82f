import { execFile } from 'node:child_process';
import { join } from 'node:path';

const withinMs = 120_000;

/**
 * Checks the types of a program. Returns a function that checks again after a patch, and returns
 * the first new error. A mutation that does not compile would fail any test. Unused code is not an
 * error.
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
