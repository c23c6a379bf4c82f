import { describeAccess } from '@sluice/infra/api-access.ts';
import type { Environment } from '@sluice/infra/environment.ts';
import type { Account } from '../account.ts';
import { readToken } from '../api-token.ts';

type Api = Environment['api'];

/** Warns of an API that is open. */
export const noteAccess = (api: Api): string[] =>
  api.access === 'open' ? [`The API is ${describeAccess(api)} (api.access)`] : [];

/**
 * Looks whether the secret that an environment names has tokens. One that the stack makes is not there before it. Throws a
 * {@link CommandError} where it has none.
 */
export const askTokens = async (account: Account, api: Api): Promise<void> => {
  if (api.access === 'tokens' && api.tokensSecretArn !== undefined) await readToken(account, api.tokensSecretArn);
};
