import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder, repository } from '@sluice/local/folder.ts';
import * as z from 'zod';
import type { Image } from './build-images.ts';
import { docker } from '../containers.ts';

/** The packages in an image. */
export type Installed = {
  /** Packages from the registry only. `path` is relative to the repository's root. */
  readonly npm: readonly { readonly path: string; readonly name: string; readonly version: string }[];
  readonly debian: readonly { readonly name: string; readonly version: string; readonly architecture: string }[];
  readonly node: string;
};

const npmSchema = z.array(z.object({ path: z.string(), name: z.string(), version: z.string() }));

type Component = {
  readonly type: 'library' | 'application';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
};

/**
 * Lists the packages by their package.json files, which Node uses, and those of Debian's package
 * manager.
 */
export const installedPackages = async (image: string): Promise<Installed> => {
  const ask = (...command: readonly string[]) =>
    docker('run', '--rm', '--network=none', `--entrypoint=${command[0] ?? ''}`, image, ...command.slice(1));
  const listing = await ask('node', '--eval', listPackages);
  const debian = await ask('dpkg-query', '--show', '--showformat=${Package} ${Version} ${Architecture}\\n');
  return {
    npm: npmSchema.parse(JSON.parse(listing)),
    debian: debian.split('\n').map((line) => {
      const [name = '', version = '', architecture = ''] = line.split(' ');
      return { name, version, architecture };
    }),
    node: (await ask('node', '--version')).slice(1),
  };
};

// Runs in the image. Symbolic links are Sluice's own folders.
const listPackages = `
  const { globSync, lstatSync, readFileSync } = require('node:fs');
  const { dirname } = require('node:path');
  const found = globSync('node_modules/**/node_modules/{*,@*/*}/package.json', { cwd: '/sluice' })
    .concat(globSync('node_modules/{*,@*/*}/package.json', { cwd: '/sluice' }))
    .filter((file) => !lstatSync('/sluice/' + dirname(file)).isSymbolicLink() && !/\\/(test|tests|fixtures)\\//.test(file))
    .map((file) => ({ file, ...JSON.parse(readFileSync('/sluice/' + file, 'utf8')) }))
    .filter(({ version }) => version !== undefined)
    .map(({ file, name, version }) => ({ path: dirname(file), name, version }));
  console.log(JSON.stringify(found));
`;

const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), dev: z.boolean().optional() })),
});

/** Returns the entries of package-lock.json by installation path. */
export const lockedPackages = (): ReadonlyMap<string, { version?: string | undefined; dev?: boolean | undefined }> => {
  const lock = lockSchema.parse(JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')));
  return new Map(Object.entries(lock.packages));
};

/**
 * Writes an image's software bill of materials (CycloneDX) to `images/NAME.cdx.json` in the data
 * folder.
 */
export const writeSbom = async (
  image: Image,
  { npm, debian, node }: Installed,
): Promise<{ components: readonly Component[] }> => {
  const components: readonly Component[] = [
    { type: 'application', name: 'node', version: node, purl: `pkg:generic/node@${node}` },
    ...npm.map(({ name, version }) => ({
      type: 'library' as const,
      name,
      version,
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    })),
    ...debian.map(({ name, version, architecture }) => ({
      type: 'library' as const,
      name,
      version,
      purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`,
    })),
  ];
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'container', name: `sluice/${image}` } },
    components,
  };
  const folder = join(dataFolder(), 'images');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${image}.cdx.json`), `${JSON.stringify(document, undefined, 2)}\n`);
  return { components };
};
