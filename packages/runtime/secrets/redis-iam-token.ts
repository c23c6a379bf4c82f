import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';

/** The credentials with which {@link createRedisIamToken} signs. */
type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

type TokenSettings = {
  /** The name of the serverless cache, or the id of the replication group. */
  readonly cacheName: string;
  /** The user. Its id and name are the same if it logs in with IAM. */
  readonly userName: string;
  readonly region: string;
  readonly isServerless: boolean;
  /** The source of credentials; by default, the role of the task. */
  readonly credentials?: () => Promise<AwsCredentials>;
  readonly now?: () => Date;
};

const validSeconds = 900;

/**
 * Creates a function that makes the password for a login to ElastiCache with IAM: a presigned
 * request without its scheme. Each call makes a new one, valid for 15 minutes. A connection lives
 * for up to 12 hours (Amazon ElastiCache User Guide, "Authenticating with IAM",
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html). Throws when the process
 * has no AWS credentials.
 */
export const createRedisIamToken = (settings: TokenSettings): (() => Promise<string>) => {
  const { userName, region, isServerless, credentials = defaultProvider(), now = () => new Date() } = settings;
  // ElastiCache stores the names of caches in lower case.
  const hostname = settings.cacheName.toLowerCase();
  const signer = new SignatureV4({ service: 'elasticache', region, credentials, sha256: Hash.bind(null, 'sha256') });
  const request = {
    method: 'GET',
    protocol: 'http:',
    hostname,
    path: '/',
    query: { Action: 'connect', User: userName, ...(isServerless ? { ResourceType: 'ServerlessCache' } : {}) },
    headers: { host: hostname },
  };
  return async () => {
    const { query = {} } = await signer.presign(request, { expiresIn: validSeconds, signingDate: now() });
    const parameters = Object.entries(query).map(([name, value]) => `${escapeUri(name)}=${escapeUri(String(value))}`);
    return `${hostname}/?${parameters.join('&')}`;
  };
};

/**
 * Escapes text by RFC 3986: encodeURIComponent leaves a few characters that the signature has
 * escaped.
 */
const escapeUri = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
