import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installRequirements } from '@sluice/test-servers/install-requirements.ts';
import type { Missing, Place } from '../../peer.ts';

const requirements = join(import.meta.dirname, 'flask.txt');

/** Installs the Python packages. Returns the folder of their programs, and their interpreter. */
export const provideFlask = (): Missing | { readonly programs: string; readonly python: string } => {
  try {
    const programs = installRequirements(requirements);
    return { programs, python: join(programs, 'python') };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
};

/** Returns the version of a Python package that the file of requirements pins. */
export const pythonVersionOf = (name: string): string =>
  new RegExp(`^${name}==(\\S+)`, 'm').exec(readFileSync(requirements, 'utf8'))?.[1] ?? 'unknown';

/** Returns the consumer, which pauses after each row. */
export const consumer = (python: string, pauseSeconds: number) => (_place: Place) => ({
  command: python,
  args: [join(import.meta.dirname, 'consumer.py')],
  env: { PAUSE_SECONDS: String(pauseSeconds) },
});
