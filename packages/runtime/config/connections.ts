import type { DatabaseSettings } from '@sluice/ledger/connection/server.ts';
import type { RedisSettings } from '@sluice/queue/redis/connect.ts';
import { createLoginProvider, createSecretReader, loginSchema } from '../secrets/secrets.ts';

type RedisConfig = {
  readonly REDIS_HOST: string;
  readonly REDIS_PORT: number;
  readonly REDIS_CLUSTER: boolean;
  readonly REDIS_TLS: boolean;
  readonly REDIS_USERNAME?: string | undefined;
  readonly REDIS_PASSWORD?: string | undefined;
  readonly REDIS_SECRET_ARN?: string | undefined;
  readonly REDIS_IAM_CACHE?: string | undefined;
  readonly AWS_REGION?: string | undefined;
};

type DatabaseConfig = {
  readonly DB_HOST: string;
  readonly DB_PORT: number;
  readonly DB_TLS: boolean;
  readonly DB_USER?: string | undefined;
  readonly DB_PASSWORD?: string | undefined;
  readonly DB_SECRET_ARN?: string | undefined;
  readonly DB_NAME: string;
};

// Sessions begin rarely, and each must see a secret that was rotated since the last one.
const secretMaxAgeMs = 1_000;

/** Returns the settings for `connectRedis` from the variables of a process. */
export const redisSettingsOf = (config: RedisConfig): RedisSettings => ({
  host: config.REDIS_HOST,
  port: config.REDIS_PORT,
  isCluster: config.REDIS_CLUSTER,
  tls: config.REDIS_TLS,
  credentials: redisCredentialsOf(config),
});

/** Returns the settings for `connectLedger` from the variables of a process. */
export const databaseSettingsOf = (config: DatabaseConfig): DatabaseSettings => ({
  host: config.DB_HOST,
  port: config.DB_PORT,
  tls: config.DB_TLS,
  login: createLoginProvider({
    secretArn: config.DB_SECRET_ARN,
    username: config.DB_USER,
    password: config.DB_PASSWORD,
  }),
  database: config.DB_NAME,
});

const redisCredentialsOf = (config: RedisConfig): RedisSettings['credentials'] => {
  const { REDIS_SECRET_ARN: arn, REDIS_IAM_CACHE: cacheName, REDIS_USERNAME: username, AWS_REGION: region } = config;
  if (arn !== undefined) return createSecretReader({ arn, schema: loginSchema, maxAgeMs: secretMaxAgeMs }).read;
  if (cacheName !== undefined && username !== undefined && region !== undefined) {
    // Only endpoints of serverless caches have this in their name (ElastiCache User Guide, "Finding
    // connection endpoints").
    const isServerless = config.REDIS_HOST.includes('.serverless.');
    // The signing code is large, so it is loaded only where it is used.
    const loading = import('../secrets/redis-iam-token.ts').then(({ createRedisIamToken }) =>
      createRedisIamToken({ cacheName, userName: username, region, isServerless }),
    );
    return async () => {
      const token = await loading;
      return { username, password: await token() };
    };
  }
  const given = { username, password: config.REDIS_PASSWORD };
  return async () => given;
};
