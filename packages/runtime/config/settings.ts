import * as z from 'zod';
import { hostPattern } from './allowed-hosts.ts';
import { apiTokens, emptyTokens } from '../secrets/api-tokens.ts';
import { neverEmpty } from './config.ts';

const integer = (least: number, most: number) => {
  const message = `must be an integer from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
};

const text = z.string({ error: 'must be set' });
const port = integer(1, 65_535);
const flag = z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive', error: 'must be true or false' });
const listOfText = text.transform((value) => value.split(',').map((item) => item.trim()));
// An empty value would turn off what the variable is there to turn on.
const tlsFlag = neverEmpty(flag, 'must not be empty; unset it, or say true or false');

// What browsers send in the Origin header, but for `null`, which any sandboxed page sends.
const originPattern = /^[a-z][a-z\d+.-]*:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/;
const origins = listOfText
  .refine(
    (list) => ['*', 'none'].includes(list.join(',')) || list.every((item) => originPattern.test(item)),
    'must be `*`, `none`, or origins separated by commas: a scheme and a host in lower case, perhaps a port, no path',
  )
  .transform((list) => {
    const [first] = list;
    return first === '*' ? first : first === 'none' ? [] : list;
  });

/** The variables of every process. */
export const processSettings = {
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
      error: 'must be one of trace, debug, info, warn, error, fatal',
    })
    .default('info')
    .describe('The least level that is logged'),
};

/** The variables of a process that publishes metrics. */
export const metricsSettings = {
  METRICS: z
    .enum(['prometheus', 'emf'], { error: 'must be prometheus or emf' })
    .default('prometheus')
    .describe('How metrics are published: for Prometheus to fetch, or as log lines in the embedded metric format'),
  METRICS_NAMESPACE: text
    .regex(/^[\w./#:-]{1,255}$/, 'must be 1 to 255 letters, digits and . - _ / # :')
    .default('Sluice')
    .describe('Where CloudWatch puts those of log lines: one namespace for each Sluice of an account'),
  HTTP_ADDRESS: neverEmpty(
    z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' }),
    'must not be empty; unset it for every interface, or name an address',
  )
    .default('::')
    .describe('The address on which the API and `/metrics` listen; `::` is every interface'),
  METRICS_PORT: integer(0, 65_535).default(0).describe('The port of `/metrics` (Prometheus); 0: none'),
};

/** The variables of a process that uses the queue. */
export const queueSettings = {
  REDIS_HOST: text.default('localhost').describe('Where Redis is; of a cluster, any of its nodes'),
  REDIS_PORT: port.default(6379).describe('Its port'),
  REDIS_CLUSTER: flag.default(false).describe('Whether it is a Redis Cluster'),
  REDIS_TLS: tlsFlag.default(false).describe('Whether to connect with TLS; its certificate must be valid for the host'),
  REDIS_USERNAME: text.optional().describe('Its user; without one, the default user'),
  REDIS_PASSWORD: text.optional().describe("The user's password"),
  REDIS_SECRET_ARN: text.optional().describe('A secret with `username` and `password`, in place of those two'),
  REDIS_IAM_CACHE: text
    .optional()
    .describe('The name of an ElastiCache cache, to log in as `REDIS_USERNAME` with an IAM token'),
  AWS_REGION: text.optional().describe('The region of that cache; ECS and Lambda set it'),
  REDIS_QUEUE: text
    .regex(/^[^{}]{1,100}$/, 'must be 1 to 100 characters without braces, which Redis takes for hash tags')
    .default('count_queue')
    .describe("The queue's name, the first part of its keys"),
};

/** The variables of a process that puts counts into the queue. */
export const enqueueSettings = {
  QUEUE_PARTITIONS: integer(1, 64)
    .default(1)
    .describe('How many streams counts are spread over; as many as a cluster has shards'),
  QUEUE_ACK_REPLICAS: integer(0, 5)
    .default(0)
    .describe('How many replicas must hold a count before it is acknowledged'),
  QUEUE_MAX_BATCHES: integer(1, 1_000_000_000)
    .default(1_000_000)
    .describe('How many batches a partition holds before counts are refused'),
  IDEMPOTENCY_MAX_KEYS: integer(1, 1_000_000_000)
    .default(1_000_000)
    .describe(
      'How many idempotency keys a partition holds before new ones are refused; fewer where they would take a quarter of `maxmemory`',
    ),
};

/** The variables of a process that uses the ledger. */
export const databaseSettings = {
  DB_HOST: text.default('localhost').describe('Where MySQL is'),
  DB_PORT: port.default(3306).describe('Its port'),
  DB_TLS: tlsFlag.default(false).describe('Whether to connect with TLS; its certificate must be valid for the host'),
  DB_USER: text.optional().describe('Its user'),
  DB_PASSWORD: text.optional().describe("The user's password"),
  DB_SECRET_ARN: text.optional().describe('A secret with `username` and `password`, in place of those two'),
  DB_NAME: text
    .regex(/^[A-Za-z0-9_]{1,64}$/, 'must be 1 to 64 letters, digits and underscores')
    .default('count')
    .describe('The database'),
};

/** The variables of the HTTP server. */
export const httpSettings = {
  HTTP_PORT: port.default(5080).describe('The port of the API'),
  HTTP_ALLOWED_HOSTS: neverEmpty(
    listOfText.refine(
      (list) => list.every((host) => hostPattern.test(host)),
      'must be hosts or host:port, separated by commas',
    ),
    'must not be empty; unset it to allow any host, or name one',
  )
    .optional()
    .describe('Hosts that requests may name, as `host` or `host:port`, separated by commas; without it any'),
  CLIENT_ADDRESS_HEADER: neverEmpty(
    text.regex(/^[!#$%&'*+.^`|~\w-]+$/, 'must be the name of a header'),
    'must not be empty; unset it where no trusted proxy is in front',
  )
    .optional()
    .describe('A header that a trusted proxy overwrites with the address of its client, for limits by client'),
  CORS_ORIGIN: neverEmpty(origins, 'must not be empty; unset it for any origin, or say `none`')
    .default('*')
    .describe('Origins whose pages may read the answers, separated by commas; `*`: any, `none`: none'),
  API_TOKENS: neverEmpty(listOfText.pipe(apiTokens), emptyTokens)
    .optional()
    .describe('Bearer tokens of at least 32 characters, separated by commas; when set, POSTs need one of them'),
  API_TOKENS_SECRET_ARN: neverEmpty(text, emptyTokens)
    .optional()
    .describe('A secret that holds them as JSON: a list of strings, or an object of them by the name of their holder'),
  API_TOKENS_FOR: neverEmpty(
    z.enum(['writes', 'all'], { error: 'must be writes or all' }),
    'must not be empty; unset it, or say writes or all',
  )
    .default('writes')
    .describe('What needs a token: `writes` (POSTs) or `all` (GETs of data and `/events` too)'),
};

/** The variables of the process that records. */
export const recordSettings = {
  INBOX_HOURS: integer(1, 8_760)
    .default(1)
    .describe('How long the id of a recorded batch is kept, in hours; 48 at least where it had an idempotency key'),
  WATCHDOG_MS: integer(1_000, 3_600_000)
    .default(60_000)
    .describe('How long a consumer with work waiting may make no attempt before it is ended'),
};

type Logins = Readonly<
  Partial<
    Record<
      | 'DB_USER'
      | 'DB_PASSWORD'
      | 'DB_SECRET_ARN'
      | 'REDIS_USERNAME'
      | 'REDIS_PASSWORD'
      | 'REDIS_SECRET_ARN'
      | 'REDIS_IAM_CACHE'
      | 'REDIS_TLS'
      | 'AWS_REGION'
      | 'API_TOKENS'
      | 'API_TOKENS_SECRET_ARN'
      | 'API_TOKENS_FOR',
      unknown
    >
  >
>;

/** Adds the faults that lie between variables: a login must be given, and in one way only. For `superRefine` of a process's schema. */
export const checkLogins = (config: Logins, { addIssue }: Pick<z.RefinementCtx, 'addIssue'>): void => {
  const fault = (name: keyof Logins, message: string) => addIssue({ code: 'custom', path: [name], message });
  const isSet = (name: keyof Logins) => config[name] !== undefined;

  if (isSet('DB_SECRET_ARN')) {
    for (const name of ['DB_USER', 'DB_PASSWORD'] as const) {
      if (isSet(name)) fault(name, 'must not be set beside DB_SECRET_ARN');
    }
  } else {
    for (const name of ['DB_USER', 'DB_PASSWORD'] as const) {
      if (!isSet(name)) fault(name, 'must be set, or DB_SECRET_ARN in its place');
    }
  }
  if (isSet('REDIS_SECRET_ARN')) {
    for (const name of ['REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_IAM_CACHE'] as const) {
      if (isSet(name)) fault(name, 'must not be set beside REDIS_SECRET_ARN');
    }
  } else if (isSet('REDIS_IAM_CACHE')) {
    if (isSet('REDIS_PASSWORD')) fault('REDIS_PASSWORD', 'must not be set beside REDIS_IAM_CACHE');
    for (const name of ['REDIS_USERNAME', 'AWS_REGION'] as const) {
      if (!isSet(name)) fault(name, 'must be set with REDIS_IAM_CACHE');
    }
    if (config['REDIS_TLS'] !== true) fault('REDIS_TLS', 'must be true with REDIS_IAM_CACHE');
  } else if (isSet('REDIS_USERNAME') && !isSet('REDIS_PASSWORD')) {
    fault('REDIS_PASSWORD', 'must be set with REDIS_USERNAME');
  }
  if (isSet('API_TOKENS') && isSet('API_TOKENS_SECRET_ARN')) {
    fault('API_TOKENS', 'must not be set beside API_TOKENS_SECRET_ARN');
  }
  if (config['API_TOKENS_FOR'] === 'all' && !isSet('API_TOKENS') && !isSet('API_TOKENS_SECRET_ARN')) {
    fault('API_TOKENS_FOR', 'needs tokens to be all: set API_TOKENS or API_TOKENS_SECRET_ARN');
  }
};
