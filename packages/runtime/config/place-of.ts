/** Names the place of a value at fault, by its path: `API_TOKENS, value 2` is the second of a list. */
export const placeOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => (typeof part === 'number' ? `value ${part + 1}` : String(part))).join(', ');
