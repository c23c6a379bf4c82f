import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from './folder.ts';
import { AlreadyRunningError, createRunningNote } from './leftovers.ts';

const folder = dataFolder();
// By name, because SLUICE_DIR may be a folder that holds other things too.
const ours = ['redis', 'mysql', 'logs', 'password', 'running.json', 'environment.json', 'claim.json'];
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
    say(`There is no ${folder}; nothing to remove.`);
  }
} catch (error) {
  if (!(error instanceof AlreadyRunningError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
