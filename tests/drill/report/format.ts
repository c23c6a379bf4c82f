/** Formats a time in ms as seconds, Infinity as `never`. */
export const formatSeconds = (ms: number): string => (ms === Infinity ? 'never' : `${(ms / 1_000).toFixed(1)} s`);

/** Formats a number with thousands separators. */
export const formatCount = (value: number): string => value.toLocaleString('en');
