import * as z from 'zod/mini';

/**
 * The schema of one count: an integer that an IEEE-754 double holds exactly, −(2^53−1) to 2^53−1.
 * JSON's `1.0` is the integer 1; `1.5`, `"1"` and 2^53 are refused.
 */
export const count = z.int().with(
  z.meta({
    description:
      'An integer from -9007199254740991 to 9007199254740991, read as an IEEE-754 double: 1.0 is 1. Digits that a double cannot hold are lost before validation.',
    examples: [1700000000],
  }),
);
