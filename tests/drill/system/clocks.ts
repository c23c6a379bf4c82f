import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = '/run/drill/clocks';

/** Returns the path of the library that changes the wall clock of a process, if there is one. */
export const findFaketime = (): string | undefined =>
  globSync('/usr/{lib,lib64}/{*/,}faketime/libfaketimeMT.so.1').find((path) => existsSync(path));

/** Returns the environment that gives a process a wall clock of its own. Timers keep the true time. */
export const clockOf = (name: string): Record<string, string> => {
  setClock(name, 0);
  return {
    LD_PRELOAD: findFaketime() ?? '',
    FAKETIME_TIMESTAMP_FILE: join(folder, name),
    FAKETIME_CACHE_DURATION: '1',
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_RESET: '1',
  };
};

/** Sets a wall clock forward, or back, by seconds. It takes effect within a second. */
export const setClock = (name: string, seconds: number): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `${seconds < 0 ? '' : '+'}${seconds}\n`);
};
