import * as z from 'zod';

/** The command that makes a token which {@link apiTokens} accepts. */
const makeToken = 'openssl rand -hex 32';

/**
 * The bearer tokens of an API, from a variable or a secret. Short tokens can be guessed and a comma separates them, so
 * both are refused. The messages show no token.
 */
export const apiTokens = z
  .array(
    z
      .string({ error: 'must be text' })
      .regex(
        /^[\x21-\x2b\x2d-\x7e]{32,}$/,
        `must be at least 32 printable ASCII characters without spaces and commas; make one with: ${makeToken}`,
      ),
    { error: 'must be a list of texts' },
  )
  .min(1, 'must not be empty')
  .refine((tokens) => new Set(tokens).size === tokens.length, 'must not have the same token twice');

/** The values of an object, and anything else as it is. */
const valuesOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value) : value;

/**
 * The bearer tokens of a secret: a list, or an object of them by the name of their holder. Secrets Manager generates an object only
 * (GenerateSecretString).
 */
export const secretTokens = z.preprocess(valuesOf, apiTokens);

/** The fault of a variable that would guard the API and is set to nothing. */
export const emptyTokens = `must not be empty; unset it to leave the API open, or make a token with: ${makeToken}`;
