import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { explainFileError } from './explain-file-error.ts';
import { dataFolder } from './folder.ts';
import { AlreadyRunningError, createRunningNote, leftoverFiles, readHolder } from './processes/leftovers.ts';
import { isRunning } from './processes/processes.ts';

// `npm stop` ends the Sluice of a folder, whether it was started in the background or in another
// terminal.

const folder = dataFolder();
const endWithinMs = 30_000;
const say = (text: string) => process.stdout.write(`${text}\n`);

const stop = async (): Promise<void> => {
  const note = createRunningNote(folder);
  const giveUpAt = performance.now() + endWithinMs;
  let asked: ReturnType<typeof readHolder>;
  for (;;) {
    try {
      note.claim();
      break;
    } catch (error) {
      const holder = readHolder(folder);
      const isHere = error instanceof AlreadyRunningError && holder !== undefined && isRunning(holder);
      if (!isHere || performance.now() > giveUpAt) throw error;
      if (asked === undefined) process.kill(holder.pid, 'SIGTERM');
      asked = holder;
    }
    await pause(50);
  }
  // It releases its lock a moment before it ends.
  while (asked !== undefined && isRunning(asked) && performance.now() < giveUpAt) await pause(50);
  await note.endLeftovers(say);
  note.remove();
  note.release();
  say(asked !== undefined ? 'Sluice has stopped.' : `No Sluice runs on ${folder}.`);
};

try {
  if (existsSync(join(folder, leftoverFiles[1]))) await stop();
  else say(`No Sluice runs on ${folder}.`);
} catch (error) {
  const reason = error instanceof AlreadyRunningError ? error.message : explainFileError(error);
  if (reason === undefined) throw error;
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}
