const languageErrors = [TypeError, RangeError, ReferenceError, SyntaxError];

// MySQL's codes for a statement that does not fit the tables, for a missing table, and for a column
// without a default that the program does not know.
const statementErrors = new Set([
  'ER_PARSE_ERROR',
  'ER_BAD_FIELD_ERROR',
  'ER_NO_SUCH_TABLE',
  'ER_NO_DEFAULT_FOR_FIELD',
]);

/**
 * True if an error is a defect of the program, or of tables that do not fit it. A retry does not
 * help. Every other error is an outage: the server is unavailable, refuses service, or is too slow.
 * A TypeError with a cause is an outage too: `fetch` reports an unreachable address that way.
 */
export const isDefect = (error: unknown): boolean => {
  if (!(error instanceof Error)) return true;
  if (languageErrors.some((kind) => error instanceof kind)) return error.cause === undefined;
  return 'code' in error && typeof error.code === 'string' && statementErrors.has(error.code);
};
