import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { findProgram, isExecutable } from '@sluice/local/servers/find-program.ts';
import type { Missing, Peer } from '../../peer.ts';

const folder = import.meta.dirname;
const ingest = join(folder, 'ingest.yaml');
const record = join(folder, 'record.yaml');
const buildsWithinMs = 900_000;

/** Returns the program, which is compiled once: with the components of the two files only. */
const provideProgram = (isQuick: boolean): Missing | { readonly program: string } => {
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(folder, name)));
  const target = join(repository, '.sluice', `bento-${hash.digest('hex').slice(0, 16)}`);
  const program = join(target, 'bento');
  if (existsSync(program)) return { program };
  if (isQuick) return { missing: 'it is not compiled yet, which takes minutes and is left to a whole run' };
  // The installer of Go does not add its folder to the PATH.
  const go = findProgram('go') ?? ['/usr/local/go/bin/go'].find(isExecutable);
  if (go === undefined) return { missing: 'it is compiled with Go, which is not installed' };
  mkdirSync(target, { recursive: true });
  const { status, stderr } = spawnSync(go, ['build', '-o', `${program}.new`, '.'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: buildsWithinMs,
  });
  if (status !== 0) return { missing: `Go could not compile it: ${stderr.slice(-2_000)}` };
  renameSync(`${program}.new`, program);
  return { program };
};

const versionOf = (module: string): string =>
  new RegExp(`${module} v(\\S+)`).exec(readFileSync(join(folder, 'go.mod'), 'utf8'))?.[1] ?? 'unknown';

export const bento: Peer = {
  name: 'Bento: http_server, redis_streams, sql_insert',
  id: 'bento',
  code: [],
  configuration: [ingest, record],
  provide: (isQuick) => {
    const provided = provideProgram(isQuick);
    if ('missing' in provided) return provided;
    const run = (file: string) => () => ({ command: provided.program, args: ['-c', file] });
    return { version: `Bento ${versionOf('warpstreamlabs/bento')}`, server: run(ingest), worker: run(record) };
  },
  // Bento acknowledges entries, and leaves them in the stream.
  countWaiting: async (redis, queue) => {
    if ((await redis.exists(queue)) === 0) return 0;
    const groups = await redis.xInfoGroups(queue);
    return groups.reduce((sum, group) => sum + group.pending + (group.lag ?? 0), 0);
  },
  settlesWithinMs: 10_000,
};
