import * as z from 'zod';

/** The command that creates a token which {@link apiTokens} accepts. */
const makeToken = 'openssl rand -hex 32';

/**
 * The schema of an API's bearer tokens, from a variable or a secret. Short tokens can be guessed,
 * and a comma separates tokens, so both are refused. The messages show no token.
 */
export const apiTokens = z
  .array(
    z
      .string({ error: 'must be text' })
      .regex(
        /^[\x21-\x2b\x2d-\x7e]{32,}$/,
        `must be at least 32 printable ASCII characters without spaces and commas; create one: ${makeToken}`,
      ),
    { error: 'must be a list of strings' },
  )
  .min(1, 'must not be empty')
  .refine((tokens) => new Set(tokens).size === tokens.length, 'must not have the same token twice');

/** Returns the values of an object, and anything else unchanged. */
const valuesOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value) : value;

/**
 * The schema of the bearer tokens in a secret: a list, or an object of tokens by the name of their
 * holder. Secrets Manager generates objects only (GenerateSecretString).
 */
export const secretTokens = z.preprocess(valuesOf, apiTokens);

/** The message for an empty variable that would guard the API. */
export const emptyTokens = `must not be empty; unset it to leave the API open, or create a token: ${makeToken}`;
