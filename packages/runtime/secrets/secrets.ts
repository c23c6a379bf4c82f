import { setTimeout as pause } from 'node:timers/promises';
import type { LoginProvider } from '@sluice/ledger/connection/login.ts';
import * as z from 'zod';
import { secretTokens } from './api-tokens.ts';
import { placeOf } from '../config/place-of.ts';

/**
 * The error for a secret that could not be read. The message names the secret and the problem, and
 * never shows its content.
 */
export class SecretError extends Error {
  readonly code = 'SECRET_UNAVAILABLE';
}

type SecretSettings<T> = {
  /** The ARN, which also contains the region. */
  readonly arn: string;
  /** The schema of its text, which is JSON. Its messages must not show the value. */
  readonly schema: z.ZodType<T>;
  /** Maximum age of a returned value in ms. By default it never expires. */
  readonly maxAgeMs?: number;
  /** Minimum time in ms between two fetches, so that failing logins do not load Secrets Manager. */
  readonly fetchEveryMs?: number;
  /** Maximum time in ms of a fetch, with all its attempts. */
  readonly fetchWithinMs?: number;
  /** Called when a fetch failed and the last known value stays in use. */
  readonly onStale?: (error: SecretError) => void;
};

/**
 * The reader of a secret, which fetches it on the first call. Concurrent callers share one fetch.
 */
export type SecretReader<T> = {
  /** Returns the value. Throws a {@link SecretError} only while no value is known. */
  readonly read: () => Promise<T>;
  /**
   * Fetches the value again, after a pause if the last fetch was recent. Throws a
   * {@link SecretError}.
   */
  readonly refresh: () => Promise<T>;
};

/** The schema of a login in a secret, as Secrets Manager stores those of databases. */
export const loginSchema = z.object(
  {
    username: z.string({ error: 'must be text' }).min(1, 'must not be empty'),
    password: z.string({ error: 'must be text' }).min(1, 'must not be empty'),
  },
  { error: 'must be an object with username and password' },
);

// A token that was removed from the secret is refused after at most this time.
const tokensMaxAgeMs = 60_000;
// Requests wait for this fetch and are answered within 2 s.
const tokensFetchWithinMs = 1_000;

/**
 * Creates the reader of a secret in AWS Secrets Manager (GetSecretValue, version AWSCURRENT).
 * Credentials and endpoint come from the AWS SDK: the task's role, and
 * `AWS_ENDPOINT_URL_SECRETS_MANAGER` if set.
 */
export const createSecretReader = <T>(settings: SecretSettings<T>): SecretReader<T> => {
  const { arn, maxAgeMs = Infinity, fetchEveryMs = 500, fetchWithinMs = 5_000, onStale = () => undefined } = settings;
  const fetchText = createFetch(arn, fetchWithinMs);
  let known: { readonly value: T; readonly at: number } | undefined;
  let triedAt = -Infinity;
  let failure: SecretError | undefined;
  let fetching: Promise<T> | undefined;

  const fetchNow = async (): Promise<T> => {
    triedAt = performance.now();
    try {
      const value = parseSecret(arn, settings.schema, await fetchText());
      known = { value, at: performance.now() };
      failure = undefined;
      return value;
    } catch (error) {
      failure =
        error instanceof SecretError ? error : new SecretError(`Secret ${arn} could not be read`, { cause: error });
      throw failure;
    } finally {
      fetching = undefined;
    }
  };

  const mayFetch = () => performance.now() - triedAt >= fetchEveryMs;

  const fetchInTurn = async (): Promise<T> => {
    await pause(Math.max(triedAt + fetchEveryMs - performance.now(), 0));
    return fetchNow();
  };

  const refresh = (): Promise<T> => {
    fetching ??= fetchInTurn();
    return fetching;
  };

  const read = async (): Promise<T> => {
    if (known === undefined) {
      if (fetching === undefined && failure !== undefined && !mayFetch()) throw failure;
      fetching ??= fetchNow();
      return fetching;
    }
    const { value, at } = known;
    const isOld = performance.now() - at >= maxAgeMs;
    if (!isOld || (fetching === undefined && !mayFetch())) return value;
    const isFirst = fetching === undefined;
    fetching ??= fetchNow();
    try {
      return await fetching;
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      if (isFirst) onStale(error);
      return value;
    }
  };

  return { read, refresh };
};

/**
 * Creates the provider of a server's login: the secret `secretArn`, or `username` and `password`
 * without one. A login from a secret is fetched again when it was refused, at most twice a second.
 */
export const createLoginProvider = (given: {
  readonly secretArn: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
}): LoginProvider => {
  const { secretArn, username, password } = given;
  if (secretArn === undefined) {
    if (username === undefined || password === undefined)
      throw new TypeError('A login needs a username and a password, or a secret');
    const login = { username, password };
    return () => Promise.resolve(login);
  }
  const { read, refresh } = createSecretReader({ arn: secretArn, schema: loginSchema });
  return async (refused) => {
    const login = await read();
    const isRefused = login.username === refused?.username && login.password === refused.password;
    return isRefused ? refresh() : login;
  };
};

/**
 * Creates the reader of the bearer tokens in a secret (JSON: a list of texts, or an object of
 * them). It reads them again when they are older than a minute, so a rotation needs no restart.
 * While Secrets Manager is unavailable the last known tokens stay valid, and `onStale` is called.
 */
export const createTokensReader = (
  arn: string,
  onStale: (error: SecretError) => void,
  maxAgeMs = tokensMaxAgeMs,
): (() => Promise<readonly string[]>) =>
  createSecretReader({ arn, schema: secretTokens, maxAgeMs, fetchWithinMs: tokensFetchWithinMs, onStale }).read;

/** Returns the region in an ARN. A plain name has none, so the SDK uses its own region. */
const regionOf = (arn: string): { readonly region?: string } => {
  const [start, , , region] = arn.split(':');
  return start === 'arn' && region ? { region } : {};
};

/**
 * Creates the function that fetches the text of a secret. The SDK is large. It is loaded only if
 * there is a secret, before the first fetch.
 */
const createFetch = (arn: string, withinMs: number): (() => Promise<string | undefined>) => {
  const loading = import('@aws-sdk/client-secrets-manager').then(({ GetSecretValueCommand, SecretsManagerClient }) => {
    const client = new SecretsManagerClient(regionOf(arn));
    const command = new GetSecretValueCommand({ SecretId: arn });
    return () => client.send(command, { abortSignal: AbortSignal.timeout(withinMs) });
  });

  return async () => {
    try {
      const fetchSecret = await loading;
      const { SecretString } = await fetchSecret();
      return SecretString;
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'an unknown error';
      throw new SecretError(`Secret ${arn} could not be read: ${reason}`, { cause: error });
    }
  };
};

/**
 * Parses and checks a secret. Neither message nor cause may come from a parser, which quotes what
 * it could not parse.
 */
const parseSecret = <T>(arn: string, schema: z.ZodType<T>, text: string | undefined): T => {
  if (text === undefined) throw new SecretError(`Secret ${arn} is binary; it must be JSON text`);
  const result = schema.safeParse(parseJson(arn, text));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => [placeOf(path), message].join(' ').trim());
  throw new SecretError(`Secret ${arn} is invalid: ${problems.join('; ')}`);
};

const parseJson = (arn: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new SecretError(`Secret ${arn} is not JSON`);
  }
};
