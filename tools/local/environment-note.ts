import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string>>;

const fileIn = (folder: string) => join(folder, 'environment.json');

/** Notes by which environment the services of this folder find their servers. It holds their password. */
export const writeEnvironment = (folder: string, environment: Environment): void =>
  writeFileSync(fileIn(folder), JSON.stringify(environment, undefined, 2), { mode: 0o600 });

/** The variables of `given` that say where the servers are and which queue and database to use there. */
export const serverVariables = (given: Readonly<Record<string, string | undefined>>): Environment =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (/^(?:REDIS|DB)_/.test(name) && value ? [[name, value]] : [])),
  );

export const removeEnvironment = (folder: string): void => rmSync(fileIn(folder), { force: true });

/** What was noted, without what concerns a server that `given` names itself. Empty when nothing runs. */
export const readEnvironment = (folder: string, given: Readonly<Record<string, string | undefined>>): Environment => {
  const noted = readNote(folder);
  const isGiven = (name: string) => Boolean(given[name.startsWith('REDIS_') ? 'REDIS_HOST' : 'DB_HOST']);
  return Object.fromEntries(Object.entries(noted).filter(([name]) => !isGiven(name)));
};

const readNote = (folder: string): Environment => {
  try {
    const noted: unknown = JSON.parse(readFileSync(fileIn(folder), 'utf8'));
    return Object.fromEntries(
      typeof noted === 'object' && noted !== null
        ? Object.entries(noted).map(([name, value]) => [name, String(value)])
        : [],
    );
  } catch {
    return {};
  }
};
