import { describeAccess } from '@sluice/infra/schema/api-access.ts';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import type { Account } from '../aws/account.ts';
import { readToken } from '../aws/api-token.ts';

type Api = Environment['api'];

/** Warns about an open API. */
export const noteAccess = (api: Api): string[] =>
  api.access === 'open' ? [`The API is ${describeAccess(api)} (api.access)`] : [];

/**
 * Checks that the secret that an environment names contains tokens. A secret that the stack creates
 * does not exist yet. Throws a {@link CommandError} if it contains none.
 */
export const fetchTokens = async (account: Account, api: Api): Promise<void> => {
  if (api.access === 'tokens' && api.tokensSecretArn !== undefined) await readToken(account, api.tokensSecretArn);
};
