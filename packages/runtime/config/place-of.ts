/** Formats the path of an invalid value: `API_TOKENS, value 2` is the second of a list. */
export const placeOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => (typeof part === 'number' ? `value ${part + 1}` : String(part))).join(', ');
