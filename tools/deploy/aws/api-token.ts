import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import * as z from 'zod';
import type { Account } from './account.ts';
import { stackNameOf } from '../cloudformation/assembly.ts';
import { findResources, listResources } from '../cloudformation/describe-stack.ts';
import { CommandError } from '../cli/explain.ts';

type ClosedApi = Extract<Environment['api'], { access: 'tokens' }>;

// The format that the producer requires (packages/runtime/secrets/api-tokens.ts): a list of tokens,
// or an object of tokens by the name of their holder.
const token = z.string().regex(/^[\x21-\x2b\x2d-\x7e]{32,}$/);
const tokens = z.union([z.array(token), z.record(z.string(), token).transform((named) => Object.values(named))]);

/**
 * Returns the command that shows the tokens of a secret. Running it needs the right to read the
 * secret.
 */
export const showCommandOf = (arn: string, region: string): string =>
  `aws secretsmanager get-secret-value --secret-id ${arn} --region ${region} --query SecretString --output text`;

/**
 * Returns the ARN of the secret with the tokens of an API: the one that the environment names, or
 * the one of its foundation stack. Throws a {@link CommandError} if there is none.
 */
export const findTokensSecret = async (
  account: Account,
  { name }: Environment,
  { tokensSecretArn }: ClosedApi,
): Promise<string> => {
  if (tokensSecretArn !== undefined) return tokensSecretArn;
  const stack = stackNameOf(name, 'foundation');
  const [secret] = findResources(await listResources(account, stack), 'AWS::SecretsManager::Secret', 'ApiTokens');
  if (secret !== undefined) return secret.physicalId;
  throw new CommandError([
    { what: 'The secret with the tokens of the API does not exist', where: stack, fix: `npm run deploy -- ${name}` },
  ]);
};

/**
 * Reads one of the tokens of a secret, with the rights of the caller. No message shows the content
 * of the secret. Throws a {@link CommandError} if it holds no tokens that the producer accepts.
 */
export const readToken = async ({ secrets, region }: Account, arn: string): Promise<string> => {
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: arn }));
  const [first] = tokens.safeParse(parseJson(SecretString)).data ?? [];
  if (first !== undefined) return first;
  throw new CommandError([
    {
      what: 'The secret holds no bearer tokens. It must be a JSON list or object of strings, each of at least 32 printable ASCII characters',
      where: `${arn} in ${region}`,
      fix: 'store tokens in it (openssl rand -hex 32; docs/guides/aws.md#replace-a-token)',
    },
  ]);
};

/** Parses JSON. Malformed JSON is no list either, and the parser's error would quote the secret. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
