import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { secretTokens } from './api-tokens.ts';
import { placeOf } from '../config/place-of.ts';

/** A secret could not be had. The message names it and what is wrong; it never shows what is in it. */
export class SecretError extends Error {
  readonly code = 'SECRET_UNAVAILABLE';
}

/** A username with its password, as Secrets Manager keeps those of databases. */
export type Login = z.infer<typeof loginSchema>;

/** Gives a login; called again with one that was refused, a newer one where there is one. */
export type LoginProvider = (refused?: Login) => Promise<Login>;

type SecretSettings<T> = {
  /** Its ARN, by which the region is known too. */
  readonly arn: string;
  /** What its text, which is JSON, must be. Its messages must not show the value. */
  readonly schema: z.ZodType<T>;
  /** How old the value may be that is given. Forever, unless told. */
  readonly maxAgeMs?: number;
  /** The least time between two fetches, so that logins that keep failing do not become a load on Secrets Manager. */
  readonly fetchEveryMs?: number;
  /** How long a fetch may take, with all its attempts. */
  readonly fetchWithinMs?: number;
  /** Told when a fetch failed and the value known before is used on. */
  readonly onStale?: (error: SecretError) => void;
};

/** A secret, fetched when it is first asked for. Who asks while it is fetched shares the fetch. */
export type SecretReader<T> = {
  /** Its value. Throws a {@link SecretError} only while no value is known. */
  readonly read: () => Promise<T>;
  /** Its value, fetched anew; where that was done just before, after a pause. Throws a {@link SecretError}. */
  readonly refresh: () => Promise<T>;
};

/** A login in a secret. */
export const loginSchema = z.object(
  {
    username: z.string({ error: 'must be text' }).min(1, 'must not be empty'),
    password: z.string({ error: 'must be text' }).min(1, 'must not be empty'),
  },
  { error: 'must be an object with username and password' },
);

// A token that was taken out of the secret is refused after at most this long.
const tokensMaxAgeMs = 60_000;
// Requests wait for it, and are answered within 2 s.
const tokensFetchWithinMs = 1_000;

/**
 * Reads a secret from AWS Secrets Manager (GetSecretValue, the version AWSCURRENT). Credentials and endpoint are those of the AWS SDK:
 * the task's role, and `AWS_ENDPOINT_URL_SECRETS_MANAGER` where set.
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
 * The login of a server: that of the secret `secretArn`, or `username` and `password` where there is none. A login from a
 * secret is fetched again when it is given back as refused, at most twice a second.
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
 * The bearer tokens of a secret (JSON: a list of texts, or an object of them), read again when they are older than a minute, so that a rotation arrives
 * without a restart. While Secrets Manager is away those known before stay good, and `onStale` is told.
 */
export const createTokensReader = (
  arn: string,
  onStale: (error: SecretError) => void,
  maxAgeMs = tokensMaxAgeMs,
): (() => Promise<readonly string[]>) =>
  createSecretReader({ arn, schema: secretTokens, maxAgeMs, fetchWithinMs: tokensFetchWithinMs, onStale }).read;

/** An ARN says where its secret is; a plain name does not, and the SDK's own region is taken. */
const regionOf = (arn: string): { readonly region?: string } => {
  const [start, , , region] = arn.split(':');
  return start === 'arn' && region ? { region } : {};
};

/** What fetches the text of a secret. The SDK is large and is loaded only where there is a secret, before it is first asked for. */
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

/** Neither message nor cause may come from a parser: they quote what they could not parse. */
const parseSecret = <T>(arn: string, schema: z.ZodType<T>, text: string | undefined): T => {
  if (text === undefined) throw new SecretError(`Secret ${arn} is binary; it must be JSON text`);
  const result = schema.safeParse(parseJson(arn, text));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => [placeOf(path), message].join(' ').trim());
  throw new SecretError(`Secret ${arn} is not what it must be: ${faults.join('; ')}`);
};

const parseJson = (arn: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new SecretError(`Secret ${arn} is not JSON`);
  }
};
