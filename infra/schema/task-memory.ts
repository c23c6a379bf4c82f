import { commandOf } from '../image-stages.ts';

/**
 * Memory of Envoy's container in MiB: 1.5 times the heap at which Envoy stops accepting requests
 * (containers/envoy.yaml). Sockets need the rest.
 */
export const envoyMemoryMiB = 384;

/** The maximum heap of an image in MiB. A larger heap makes its pauses longer. */
const maxHeapMiB = 512;

/**
 * Returns the command of an image (the CMD of its stage in the Dockerfile) with a heap that fits
 * into its container's memory. Half is left for memory outside V8's heap limit: bodies, sockets,
 * code and the young generation. A process that exceeds its heap ends with a message. One that
 * exceeds its container's memory is killed without a message. Throws if the image has no such
 * command.
 */
export const commandWithin = (image: 'producer' | 'consumer', memoryMiB: number, text?: string): string[] => {
  const command = commandOf(image, text);
  const flag = /^--max-old-space-size=\d+$/;
  if (!command.some((word) => flag.test(word)))
    throw new Error(`The image ${image} has no CMD with --max-old-space-size in the Dockerfile`);
  const heapMiB = Math.min(maxHeapMiB, Math.floor(memoryMiB / 2));
  return command.map((word) => word.replace(flag, `--max-old-space-size=${heapMiB}`));
};
