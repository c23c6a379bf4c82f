import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Memory of Envoy's container in MiB: 1.5 times the heap at which Envoy stops accepting requests
 * (containers/envoy.yaml). Sockets need the rest.
 */
export const envoyMemoryMiB = 384;

/** The maximum heap of an image in MiB. A larger heap makes its pauses longer. */
const maxHeapMiB = 512;

const dockerfile = join(import.meta.dirname, '../Dockerfile');

/**
 * Returns the command of an image (the CMD of its stage in the Dockerfile) with a heap that fits
 * into its container's memory. Half is left for memory outside V8's heap limit: bodies, sockets,
 * code and the young generation. A process that exceeds its heap ends with a message. One that
 * exceeds its container's memory is killed without a message. Throws if the image has no such
 * command.
 */
export const commandWithin = (
  image: 'producer' | 'consumer',
  memoryMiB: number,
  text = readFileSync(dockerfile, 'utf8'),
): string[] => {
  const [, stage = ''] = new RegExp(String.raw`^FROM \S+ AS ${image}\n([^]*?)(?=^FROM |(?![^]))`, 'm').exec(text) ?? [];
  const [, command] = /^CMD (\[.*\])$/m.exec(stage) ?? [];
  const flag = /"--max-old-space-size=\d+"/;
  if (command === undefined || !flag.test(command))
    throw new Error(`The image ${image} has no CMD with --max-old-space-size in the Dockerfile`);
  const heapMiB = Math.min(maxHeapMiB, Math.floor(memoryMiB / 2));
  const words: unknown = JSON.parse(command.replace(flag, `"--max-old-space-size=${heapMiB}"`));
  if (!Array.isArray(words)) throw new Error(`The CMD of the image ${image} is not a list`);
  return words.map(String);
};
