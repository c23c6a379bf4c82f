import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readEnvironment } from './environment-note.ts';
import { dataFolder, repository } from './folder.ts';

// Runs a command of an app on the Sluice that `npm start` runs, or on the one that the environment names (`REDIS_HOST`, `DB_HOST`).

const [app, ...words] = process.argv.slice(2);
const { status } = spawnSync(process.execPath, [join(repository, 'apps', app ?? '', 'main.ts'), ...words], {
  stdio: 'inherit',
  env: { ...readEnvironment(dataFolder(), process.env), ...process.env },
});
process.exitCode = status ?? 1;
