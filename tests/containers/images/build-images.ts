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

/** Builds the images as `sluice/NAME:TAG`, with BuildKit or the engine's legacy builder. */
export const buildImages = async (
  { docker, environment, hasBridge }: Engine,
  { tag, withBuildKit, labels, dockerfile }: BuildSettings,
): Promise<void> => {
  const args = Object.entries(labels).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const own = ['build', '--file', dockerfile, ...(hasBridge ? [] : ['--network=host']), ...args];
  for (const name of images) {
    await run(docker, [...own, '--target', name, '--tag', `sluice/${name}:${tag}`, repository], {
      environment: { ...environment, DOCKER_BUILDKIT: withBuildKit ? '1' : '0' },
      withinMs: buildWithinMs,
    });
  }
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
