/** True if Redis answered with an error whose first word is one of `codes`. */
export const hasReplyCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && codes.some((code) => error.message.startsWith(`${code} `) || error.message === code);

/** True if Redis refused a write because it is full: the command itself, or its transaction. */
export const isOutOfMemory = (error: unknown): boolean =>
  hasReplyCode(error, 'OOM') ||
  (error instanceof Error && error.message.startsWith('EXECABORT ') && error.message.includes(' OOM '));
