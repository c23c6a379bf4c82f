import type { Logger } from '@sluice/runtime/logger.ts';
import { createTokensReader } from '@sluice/runtime/secrets.ts';
import { createTokenCheck, type TokenCheck } from './bearer-token.ts';

type TokenConfig = {
  readonly API_TOKENS?: readonly string[] | undefined;
  readonly API_TOKENS_SECRET_ARN?: string | undefined;
};

/** The check of tokens by the configuration; none where it names no tokens. */
export const tokenCheckOf = (config: TokenConfig, logger: Logger): TokenCheck | undefined => {
  const { API_TOKENS: tokens, API_TOKENS_SECRET_ARN: arn } = config;
  if (tokens !== undefined) return createTokenCheck(async () => tokens);
  if (arn === undefined) return undefined;
  return createTokenCheck(
    createTokensReader(arn, (error) =>
      logger.warn({ err: error }, 'could not read the tokens again; using those known'),
    ),
  );
};
