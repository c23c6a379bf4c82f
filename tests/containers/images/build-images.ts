import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import * as z from 'zod';
import type { Engine } from '../engine.ts';
import { CommandError, run } from '../run.ts';

/** The images of Sluice: the final stages of Dockerfile. */
export const images = ['producer', 'consumer', 'database-setup', 'frontend', 'envoy'] as const;

/** The name of an image. */
export type Image = (typeof images)[number];

const buildWithinMs = 600_000;

type BuildSettings = {
  readonly tag: string;
  readonly withBuildKit: boolean;
  readonly labels: Labels;
  /** The path of the Dockerfile: that of the repository, or that of {@link writeDockerfile}. */
  readonly dockerfile: string;
};

/**
 * Builds the images as `sluice/NAME:TAG`, with BuildKit or the engine's legacy builder. Resolves
 * with the build time of each in ms.
 */
export const buildImages = async (
  { docker, environment, hasBridge }: Engine,
  { tag, withBuildKit, labels, dockerfile }: BuildSettings,
): Promise<ReadonlyMap<Image, number>> => {
  const durations = new Map<Image, number>();
  const args = Object.entries(labels).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  for (const name of images) {
    const startedAt = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- later images reuse layers of the first
    await run(
      docker,
      [
        'build',
        ...['--file', dockerfile],
        ...(hasBridge ? [] : ['--network=host']),
        ...args,
        '--target',
        name,
        '--tag',
        `sluice/${name}:${tag}`,
        repository,
      ],
      {
        environment: { ...environment, DOCKER_BUILDKIT: withBuildKit ? '1' : '0' },
        withinMs: buildWithinMs,
      },
    );
    durations.set(name, performance.now() - startedAt);
  }
  return durations;
};

/** The source labels of an image, as build arguments of Dockerfile. */
export const labelsSchema = z.object({ VERSION: z.string(), REVISION: z.string(), SOURCE: z.string() });

/** The source labels of an image. */
export type Labels = z.infer<typeof labelsSchema>;

/** Reads the labels of the current sources. */
export const labelsOfBuild = async (): Promise<Labels> => {
  const [, version = ''] = /"version": "([^"]+)"/.exec(readFileSync(join(repository, 'package.json'), 'utf8')) ?? [];
  return {
    VERSION: version,
    REVISION: await askGit('describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'),
    SOURCE: withoutLogin(await askGit('remote', 'get-url', 'origin')),
  };
};

const askGit = async (...args: readonly string[]): Promise<string> => {
  try {
    return await run('git', ['-C', repository, ...args]);
  } catch (error) {
    if (error instanceof CommandError) return 'unknown';
    throw error;
  }
};

const withoutLogin = (address: string): string => address.replace(/\/\/[^/@]*@/, '//');

const configFormat = [
  'User',
  'Entrypoint',
  'Cmd',
  'Env',
  'WorkingDir',
  'ExposedPorts',
  'Healthcheck',
  'StopSignal',
  'Labels',
]
  .map((part) => `${part} {{json .Config.${part}}}`)
  .join('\n');

/** Throws when the images of two tags have different run configurations. */
export const compareImages = async (
  { docker, environment }: Engine,
  tags: readonly [string, string],
): Promise<void> => {
  await Promise.all(
    images.map(async (name) => {
      const [one, other] = await Promise.all(
        tags.map((tag) => run(docker, ['inspect', '--format', configFormat, `sluice/${name}:${tag}`], { environment })),
      );
      if (one !== other)
        throw new Error(`sluice/${name} is one thing as ${tags[0]}:\n${one}\nand another as ${tags[1]}:\n${other}`);
    }),
  );
};
