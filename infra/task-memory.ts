import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Memory of Envoy's container in MiB: half as much again as the heap at which it stops taking requests (containers/envoy.yaml); sockets need the rest. */
export const envoyMemoryMiB = 384;

/** The heap that an image asks for in MiB; more makes its pauses longer. */
const maxHeapMiB = 512;

const dockerfile = join(import.meta.dirname, '../Dockerfile');

/**
 * The command of an image (the CMD of its stage in the Dockerfile) with a heap that fits into the memory of its container. Half is
 * left for what V8 does not count: bodies, sockets, code and the young generation. Beyond its heap a process ends with a message; beyond
 * its container's memory it is killed without one. Throws where the image has no such command.
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
  if (!Array.isArray(words)) throw new Error(`The CMD of the image ${image} is no list`);
  return words.map(String);
};
