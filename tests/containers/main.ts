import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { baseImages, provideBaseImages, writeDockerfile, type BaseImage } from './images/base-images.ts';
import { buildImages, labelsOfBuild } from './images/build-images.ts';
import { findEngine, type Engine } from './engine.ts';

// `npm run test:containers`: builds the images with a real Docker engine, checks each of them, and
// runs all of them together with Compose.

const tag = process.env['SLUICE_TAG'] ?? 'local';
const longestCheckMs = 900_000;

const beganAt = performance.now();
const say = (line: string) => {
  const seconds = Math.round((performance.now() - beganAt) / 1_000);
  process.stdout.write(
    `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}  ${line}\n`,
  );
};

const labels = await labelsOfBuild();
const folder = mkdtempSync(join(tmpdir(), 'sluice-containers-'));
let engine: Engine | undefined;
const checks = new Set<ChildProcess>();

const build = async (withBuildKit: boolean, of: Engine, dockerfile: string) => {
  say(`Building the images ${withBuildKit ? 'with' : 'without'} BuildKit …`);
  // The checks run the images of BuildKit.
  await buildImages(of, { tag: withBuildKit ? tag : `${tag}-without-buildkit`, withBuildKit, labels, dockerfile });
};

const check = async (
  files: readonly string[],
  { docker, compose, environment }: Engine,
  bases: readonly BaseImage[],
) => {
  say(`Running ${files.map((file) => basename(file)).join(', ')} …`);
  const standIns = bases.flatMap(({ name, standIn }) => (standIn === undefined ? [] : name));
  const child = spawn(
    process.execPath,
    ['--test', '--test-concurrency=1', `--test-timeout=${longestCheckMs}`, ...files],
    {
      cwd: repository,
      stdio: 'inherit',
      env: {
        ...process.env,
        ...environment,
        SLUICE_DOCKER: docker,
        SLUICE_COMPOSE: compose.join(' '),
        SLUICE_TAG: tag,
        SLUICE_LABELS: JSON.stringify(labels),
        SLUICE_DOCKERFILE: join(folder, 'Dockerfile'),
        ...(standIns.length > 0 ? { SLUICE_STAND_INS: standIns.join(' ') } : {}),
      },
    },
  );
  checks.add(child);
  await once(child, 'exit');
  checks.delete(child);
  if (child.exitCode !== 0) process.exitCode = 1;
};

const takeDown = async () => {
  await Promise.all(
    [...checks].map((child) => {
      child.kill('SIGTERM');
      return once(child, 'exit');
    }),
  );
  if (engine !== undefined) {
    say('Taking everything down …');
    await engine.stop();
  }
  rmSync(folder, { recursive: true, force: true });
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void takeDown().finally(() => process.exit(1)));
}

try {
  engine = await findEngine(say);
  const bases = await provideBaseImages(engine, baseImages(), say);
  const dockerfile = writeDockerfile(folder, bases);
  await build(true, engine, dockerfile);
  // Each file has its own containers and network. That of Compose holds event streams open for five
  // minutes, next to everything else.
  const longest = 'tests/containers/compose.check.ts';
  const others = globSync('tests/containers/**/*.check.ts', { cwd: repository }).filter((file) => file !== longest);
  const checkOthers = async (of: Engine) => {
    await build(false, of, dockerfile);
    await check(others.toSorted(), of, bases);
  };
  await Promise.all([check([longest], engine, bases), checkOthers(engine)]);
  for (const { name, standIn } of bases) {
    if (standIn !== undefined)
      process.stdout.write(`Not run: ${name}, which could not be pulled. In its place: ${standIn}.\n`);
  }
  process.stdout.write('Not run: images for another processor than this one.\n');
} finally {
  await takeDown();
}
say(process.exitCode === undefined ? 'All passed.' : 'Not all passed.');
