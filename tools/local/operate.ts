import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readEnvironment } from './environment-note.ts';
import { dataFolder, repository } from './folder.ts';

// Runs a command of an app on the Sluice of `npm start`, or on the one in the environment
// (`REDIS_HOST`, `DB_HOST`).

const [app, ...words] = process.argv.slice(2);
const noted = readEnvironment(dataFolder(), process.env);
if (Object.keys(noted).length === 0 && !process.env['REDIS_HOST'] && !process.env['DB_HOST']) {
  process.stderr.write(
    `No Sluice runs in ${dataFolder()}. Start it with npm start, or set REDIS_HOST, DB_HOST and the rest of a consumer's environment.\n`,
  );
  process.exitCode = 1;
} else {
  const { status } = spawnSync(process.execPath, [join(repository, 'apps', app ?? '', 'main.ts'), ...words], {
    stdio: 'inherit',
    env: { ...noted, ...process.env },
  });
  process.exitCode = status ?? 1;
}
