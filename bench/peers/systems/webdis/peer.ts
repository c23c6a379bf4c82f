import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { canInstall, installPackages } from '@sluice/local/install-packages.ts';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import type { Peer, Place } from '../../peer.ts';
import { consumer, provideFlask } from '../flask/programs.ts';

const configuration = join(import.meta.dirname, 'webdis.json');

/** Writes the configuration with the addresses of a place, because webdis reads no environment. */
const configure = ({ folder, environment: { PORT, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD } }: Place): string => {
  const file = join(folder, 'webdis.json');
  const own = {
    redis_host: REDIS_HOST,
    redis_port: Number(REDIS_PORT),
    redis_auth: REDIS_PASSWORD,
    http_port: Number(PORT),
    logfile: join(folder, 'webdis.log'),
  };
  const settings: unknown = JSON.parse(readFileSync(configuration, 'utf8'));
  writeFileSync(file, JSON.stringify(Object.assign({}, settings, own)), { mode: 0o600 });
  return file;
};

export const webdis: Peer = {
  name: 'webdis, single-row consumer',
  id: 'webdis',
  request: 'rpush',
  code: [join(import.meta.dirname, '../flask/consumer.py')],
  configuration: [configuration],
  provide: () => {
    const failure = findProgram('webdis') === undefined && canInstall() ? installPackages(['webdis']) : undefined;
    const program = findProgram('webdis');
    if (program === undefined)
      return { missing: failure ?? 'webdis is not installed (Debian: apt-get install webdis)' };
    const flask = provideFlask();
    if ('missing' in flask) return flask;
    return {
      version: `webdis ${debianVersionOf('webdis')}`,
      server: (place) => ({ command: program, args: [configure(place)] }),
      worker: consumer(flask.python, 0),
    };
  },
  countWaiting: (redis, queue) => redis.lLen(queue),
  settlesWithinMs: 5_000,
};

/** Returns the version of a Debian package: webdis does not tell its own. */
const debianVersionOf = (name: string): string =>
  spawnSync('dpkg-query', ['--show', '--showformat', '${Version}', name], { encoding: 'utf8' }).stdout || 'unknown';
