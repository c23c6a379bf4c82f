import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { explainFileError } from './explain-file-error.ts';
import { dataFolder } from './folder.ts';
import { AlreadyRunningError, createRunningNote, leftoverFiles } from './processes/leftovers.ts';

const folder = dataFolder();
// By name, because SLUICE_DIR may contain other files too. The lock comes last: once it is removed,
// another process may use the folder.
const ours = [
  'redis',
  'mysql',
  'logs',
  // Earlier versions kept V8's compile cache here.
  'compiled',
  'password',
  'environment.json',
  'running.json.new',
  ...leftoverFiles,
];
const say = (text: string) => process.stdout.write(`${text}\n`);

try {
  if (existsSync(folder)) {
    const note = createRunningNote(folder);
    note.claim();
    await note.endLeftovers(say);
    for (const name of ours) rmSync(join(folder, name), { recursive: true, force: true });
    if (readdirSync(folder).length === 0) rmdirSync(folder);
    say(`Removed Sluice's data from ${folder}.`);
  } else {
    say(`${folder} does not exist. Nothing to remove.`);
  }
} catch (error) {
  const reason = error instanceof AlreadyRunningError ? error.message : explainFileError(error);
  if (reason === undefined) throw error;
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}
