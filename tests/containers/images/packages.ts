import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import * as z from 'zod';
import { docker } from '../containers.ts';

// Runs in the image. Symbolic links are Sluice's own folders.
const listPackages = `
  const { globSync, lstatSync, readFileSync } = require('node:fs');
  const { dirname } = require('node:path');
  const found = globSync('node_modules/{,**/node_modules/}{*,@*/*}/package.json', { cwd: '/sluice' })
    .filter((file) => !lstatSync('/sluice/' + dirname(file)).isSymbolicLink() && !/\\/(test|tests|fixtures)\\//.test(file))
    .map((file) => ({ path: dirname(file), version: JSON.parse(readFileSync('/sluice/' + file, 'utf8')).version }))
    .filter(({ version }) => version !== undefined);
  console.log(JSON.stringify(found));
`;

const installedSchema = z.array(z.object({ path: z.string(), version: z.string() }));
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), dev: z.boolean().optional() })),
});

/** Lists the packages in an image by their package.json files, which Node uses. */
export const installedPackages = async (image: string) => {
  const listing = await docker('run', '--rm', '--network=none', '--entrypoint=node', image, '--eval', listPackages);
  return installedSchema.parse(JSON.parse(listing));
};

/** Returns the entries of package-lock.json by installation path. */
export const lockedPackages = () =>
  lockSchema.parse(JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'))).packages;
