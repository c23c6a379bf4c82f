import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const file = '/run/drill/hosts';
const names = new Map<string, readonly string[]>([['localhost', ['127.0.0.1']]]);

/** Lets all hosts resolve names by a file of the drill. */
export const createNames = (): void => {
  write();
  execFileSync('mount', ['--bind', file, '/etc/hosts']);
};

/** Lets a name resolve to these addresses. */
export const setName = (name: string, addresses: readonly string[]): void => {
  names.set(name, addresses);
  write();
};

/** Returns the addresses to which a name resolves. */
export const addressesOf = (name: string): readonly string[] => names.get(name) ?? [];

// In place: a new file would not be the one that is mounted.
const write = () =>
  writeFileSync(
    file,
    [...names].flatMap(([name, addresses]) => addresses.map((address) => `${address} ${name}\n`)).join(''),
  );
