const languageErrors = [TypeError, RangeError, ReferenceError, SyntaxError];

// MySQL's codes for a statement that does not fit the tables, and for a missing table.
const statementErrors = new Set(['ER_PARSE_ERROR', 'ER_BAD_FIELD_ERROR', 'ER_NO_SUCH_TABLE']);

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
