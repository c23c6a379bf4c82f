import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string>>;
type Given = Readonly<Record<string, string | undefined>>;

const fileIn = (folder: string) => join(folder, 'environment.json');

/**
 * Saves the environment with which the services of this folder reach their servers and know their
 * tables: the variables that were found, and those that were given. Otherwise the operator's
 * commands would use another queue. The file contains passwords.
 */
export const writeEnvironment = (folder: string, given: Given, found: Environment): void =>
  writeFileSync(fileIn(folder), JSON.stringify({ ...serverVariables(given), ...found }, undefined, 2), { mode: 0o600 });

const serverVariables = (given: Given): Environment =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      /^(?:(?:REDIS|DB)_|TABLES_FILE$)/.test(name) && value ? [[name, value]] : [],
    ),
  );

export const removeEnvironment = (folder: string): void => rmSync(fileIn(folder), { force: true });

/**
 * Reads the saved environment, without the variables of a server that `given` names itself. Returns
 * an empty object when nothing runs.
 */
export const readEnvironment = (folder: string, given: Given): Environment => {
  const noted = readNote(folder);
  const isGiven = (name: string) =>
    name === 'TABLES_FILE'
      ? Boolean(given['TABLES_FILE'])
      : Boolean(given[name.startsWith('REDIS_') ? 'REDIS_HOST' : 'DB_HOST']);
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
