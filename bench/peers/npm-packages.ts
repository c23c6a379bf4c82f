import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const folder = import.meta.dirname;
const stamp = join(folder, 'node_modules/.installed');

/** Installs the npm packages of the peers, as their own lock file has them, unless they are installed. */
export const installNpmPackages = (): void => {
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const { status, stderr, error } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm could not install the peers: ${stderr}`, { cause: error });
  writeFileSync(stamp, wanted);
};

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()) });

/** Returns the versions of npm packages of the peers, in one line. */
export const npmVersions = (...names: readonly string[]): string => {
  const { dependencies } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  return names.map((name) => `${name} ${dependencies[name]}`).join(', ');
};
