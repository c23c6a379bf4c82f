import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const dockerfile = join(import.meta.dirname, '../Dockerfile');
const words = z.array(z.string());

/** An image that a task runs. It is the name of its stage in the Dockerfile. */
export type ServiceImage = 'producer' | 'consumer' | 'envoy';

/** Returns the text of the Dockerfile. */
const readDockerfile = (): string => readFileSync(dockerfile, 'utf8');

/** Returns the lines of an image's stage in the Dockerfile. */
const stageOf = (image: ServiceImage, text: string): string =>
  new RegExp(String.raw`^FROM \S+ AS ${image}\n([^]*?)(?=^FROM |(?![^]))`, 'm').exec(text)?.[1] ?? '';

/** Returns the command of an image (the CMD of its stage). Throws if it has none. */
export const commandOf = (image: ServiceImage, text = readDockerfile()): string[] => {
  const [, command] = /^CMD (\[.*\])$/m.exec(stageOf(image, text)) ?? [];
  if (command === undefined) throw new Error(`The image ${image} has no CMD in the Dockerfile`);
  return words.parse(JSON.parse(command));
};

/**
 * Returns the command of an image's health check (HEALTHCHECK). ECS runs the check of the task
 * definition only, and ignores that of the image. Throws if the image has none.
 */
export const healthCheckOf = (image: ServiceImage, text = readDockerfile()): string[] => {
  const [, command] = /^HEALTHCHECK [^\n]*\\\n +CMD (\[.*\])$/m.exec(stageOf(image, text)) ?? [];
  if (command === undefined) throw new Error(`The image ${image} has no HEALTHCHECK in the Dockerfile`);
  return words.parse(JSON.parse(command));
};
