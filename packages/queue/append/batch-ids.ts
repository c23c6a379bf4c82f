import { randomBytes } from 'node:crypto';

/**
 * Creates a source of batch ids of 32 hexadecimal digits: 8 random bytes, drawn once, then an
 * 8-byte sequence. Two processes make the same id only if they drew the same 64 random bits.
 */
export const createBatchIds = (): (() => string) => {
  const prefix = randomBytes(8).toString('hex');
  let sequence = 0n;
  return () => prefix + (sequence++).toString(16).padStart(16, '0');
};
