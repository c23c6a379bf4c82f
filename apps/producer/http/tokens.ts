import type { TokensFor } from '@sluice/contract/routes.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import { createTokensReader } from '@sluice/runtime/secrets/secrets.ts';
import { createTokenCheck, type TokenCheck, type TokenGuard } from './bearer-token.ts';

type TokenConfig = {
  readonly API_TOKENS?: readonly string[] | undefined;
  readonly API_TOKENS_SECRET_ARN?: string | undefined;
  readonly API_TOKENS_FOR: TokensFor;
};

/**
 * Returns the token guard by the configuration. Without configured tokens it logs a warning and
 * returns `undefined`.
 */
export const tokenGuardOf = (config: TokenConfig, logger: Logger): TokenGuard | undefined => {
  const isTokenValid = tokenCheckOf(config, logger);
  if (isTokenValid !== undefined) return { isTokenValid, tokensFor: config.API_TOKENS_FOR };
  logger.warn('the API is open: anyone can write and read; set API_TOKENS or API_TOKENS_SECRET_ARN');
  return undefined;
};

const tokenCheckOf = (
  { API_TOKENS: tokens, API_TOKENS_SECRET_ARN: arn }: TokenConfig,
  logger: Logger,
): TokenCheck | undefined => {
  if (tokens !== undefined) return createTokenCheck(async () => tokens);
  if (arn === undefined) return undefined;
  return createTokenCheck(
    createTokensReader(arn, (error) =>
      logger.warn({ err: error }, 'could not refresh the tokens; using the last known ones'),
    ),
  );
};
