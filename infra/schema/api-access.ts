import * as z from 'zod';

const accessMeaning = '`tokens`: requests need a bearer token. `open`: anyone can read and write; needs a firewall';

const corsOrigin = z
  .string()
  .regex(
    /^(\*|none|https?:\/\/[a-z\d.-]+(:\d{1,5})?(,https?:\/\/[a-z\d.-]+(:\d{1,5})?)*)$/,
    'must be *, none, or origins like https://example.org separated by commas',
  )
  .optional()
  .describe(
    'Origins whose pages may read API responses: `*`, `none`, or origins separated by commas. Default: the page of `domain`, or `none` without one',
  );

const openApi = z.strictObject({
  access: z.literal('open').describe(accessMeaning),
  corsOrigin,
});

const closedApi = z.strictObject({
  access: z.literal('tokens').describe(accessMeaning),
  tokensFor: z
    .enum(['writes', 'all'])
    .describe('`writes`: POSTs need a token. `all`: GETs and the event stream need one too'),
  tokensSecretArn: z
    .string()
    .regex(
      /^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
      'must be the full ARN of a secret, with the six characters at its end',
    )
    .optional()
    .describe('Secret with the tokens; without it, the stack creates one with a generated token'),
  corsOrigin,
});

/** Access to the API of an environment. It has no default: only an environment can open its API. */
export const apiSchema = z.discriminatedUnion('access', [openApi, closedApi], {
  error:
    "must be { access: 'tokens', tokensFor: 'writes' or 'all' }, or { access: 'open' } (docs/guides/aws.md#who-may-call-the-api)",
});

type Api = z.output<typeof apiSchema>;

/** Requires a firewall for an open API: the firewall's rate rule limits unknown clients. */
export const openHasFirewall = z
  .object({ api: z.looseObject({ access: z.unknown() }).optional(), firewall: z.unknown().optional() })
  .refine(({ api, firewall }) => api?.access !== 'open' || firewall !== undefined, {
    error: "is required if api.access is 'open'",
    path: ['firewall'],
  });

/** Requires the secret to be in the environment's account and region, where the tasks read it. */
export const secretIsHere = z
  .object({
    api: z.looseObject({ tokensSecretArn: z.string().optional() }).optional(),
    account: z.string(),
    region: z.string(),
  })
  .refine(
    ({ api, account, region }) =>
      api?.tokensSecretArn === undefined ||
      api.tokensSecretArn.split(':').slice(3, 5).join(':') === `${region}:${account}`,
    { error: 'must be a secret in the account and region of the environment', path: ['api', 'tokensSecretArn'] },
  );

/**
 * Returns the origins whose pages may read the API. The environment's own page has the same origin
 * and needs no entry.
 */
export const corsOriginOf = ({
  api,
  domain,
}: {
  readonly api: Api;
  readonly domain?: { readonly name: string } | undefined;
}): string => api.corsOrigin ?? (domain === undefined ? 'none' : `https://${domain.name}`);

/** Describes in one line the access of clients without a token. */
export const describeAccess = (api: Api): string => {
  if (api.access === 'open') return 'open: anyone can read and write';
  return api.tokensFor === 'all'
    ? 'closed: reads and writes need a token'
    : 'closed: writes need a token, and anyone can read';
};
