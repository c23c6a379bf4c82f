/**
 * Returns the fields of the log for an error that ends a process. The message of an expected error
 * says everything: it has a code of Sluice, MySQL or the system. Any other one has its stack.
 */
export const failureOf = (error: unknown): object => {
  const isExpected =
    error instanceof Error && 'code' in error && typeof error.code === 'string' && !error.code.startsWith('ERR_');
  return isExpected ? { code: error.code, reason: error.message } : { err: error };
};
