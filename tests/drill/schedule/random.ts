/** A source of random numbers that a seed determines. */
export type Random = {
  /** Returns a whole number from `low` to `high`, both included. */
  readonly integer: (low: number, high: number) => number;
  readonly pick: <T>(values: readonly T[]) => T;
  /** Returns the values in random order. */
  readonly shuffle: <T>(values: readonly T[]) => T[];
};

/** Creates a source of random numbers (mulberry32). */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer: Random['integer'] = (low, high) => low + Math.floor(next() * (high - low + 1));
  const pick: Random['pick'] = (values) => {
    const picked = values[integer(0, values.length - 1)];
    if (picked === undefined) throw new Error('There is nothing to pick');
    return picked;
  };
  const shuffle: Random['shuffle'] = (values) =>
    values
      .map((value) => ({ value, place: next() }))
      .toSorted((one, other) => one.place - other.place)
      .map(({ value }) => value);
  return { integer, pick, shuffle };
};
