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
// An empty value would turn off what the variable protects.
const tlsFlag = neverEmpty(flag, 'must not be empty; unset it, or set true or false');

// Browsers send this in the Origin header. They also send `null`, which is not allowed here: any
// sandboxed page sends it.
const originPattern = /^[a-z][a-z\d+.-]*:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/;
const origins = listOfText
  .refine(
    (list) => ['*', 'none'].includes(list.join(',')) || list.every((item) => originPattern.test(item)),
    'must be `*`, `none`, or origins separated by commas: a scheme, a host in lower case, an optional port, no path',
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
    .describe('Minimum log level'),
};

/** The variables of a process that publishes metrics. */
export const metricsSettings = {
  METRICS: z
    .enum(['prometheus', 'emf'], { error: 'must be prometheus or emf' })
    .default('prometheus')
    .describe('Format of the metrics: served for Prometheus, or logged in the embedded metric format (`emf`)'),
  METRICS_NAMESPACE: text
    .regex(/^[\w./#:-]{1,255}$/, 'must be 1 to 255 letters, digits and . - _ / # :')
    .default('Sluice')
    .describe('CloudWatch namespace of logged metrics; one per Sluice in an account'),
  HTTP_ADDRESS: neverEmpty(
    z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' }),
    'must not be empty; unset it for every interface, or set an address',
  )
    .default('::')
    .describe('Address that the API and `/metrics` listen on; `::` is every interface'),
  METRICS_PORT: integer(0, 65_535).default(0).describe('Port of `/metrics` (Prometheus); 0 for none'),
};

/** The variables of a process that uses the queue. */
export const queueSettings = {
  REDIS_HOST: text.default('localhost').describe('Redis host; for a cluster, any node'),
  REDIS_PORT: port.default(6379).describe('Redis port'),
  REDIS_CLUSTER: flag.default(false).describe('True for a Redis Cluster'),
  REDIS_TLS: tlsFlag.default(false).describe('True to use TLS; the certificate must be valid for the host'),
  REDIS_USERNAME: text.optional().describe('Redis user; the default user if not set'),
  REDIS_PASSWORD: text.optional().describe('Password of the Redis user'),
  REDIS_SECRET_ARN: text
    .optional()
    .describe('Secrets Manager secret with `username` and `password`, instead of those two'),
  REDIS_IAM_CACHE: text
    .optional()
    .describe('Name of an ElastiCache cache; logs in as `REDIS_USERNAME` with an IAM token'),
  AWS_REGION: text.optional().describe('Region of that cache; set by ECS and Lambda'),
  REDIS_QUEUE: text
    .regex(/^[^{}]{1,100}$/, 'must be 1 to 100 characters without braces, which mark hash tags in Redis')
    .default('count_queue')
    .describe("The queue's name, the first part of its keys"),
};

/** The variable of a process that knows the tables. */
export const tableSettings = {
  TABLES_FILE: text
    .min(1, 'must not be empty; unset it, or name a TypeScript file')
    .optional()
    .describe('TypeScript file that exports the list `tables`; `tables/index.ts` if not set'),
};

/** The variables of a process that puts counts and rows into the queue. */
export const enqueueSettings = {
  QUEUE_PARTITIONS: integer(1, 64).default(1).describe('Number of streams; for a cluster, the number of its shards'),
  QUEUE_ACK_REPLICAS: integer(0, 5)
    .default(0)
    .describe('Number of replicas that must hold a count before it is acknowledged'),
  QUEUE_MAX_BATCHES: integer(1, 1_000_000_000)
    .default(1_000_000)
    .describe('Maximum number of batches in a partition, of counts or of a table; beyond it they are refused'),
  QUEUE_MAX_BYTES: integer(1, 1_000_000_000_000)
    .default(268_435_456)
    .describe('Maximum memory of a partition of a table, in bytes; beyond it rows are refused'),
  IDEMPOTENCY_MAX_KEYS: integer(1, 1_000_000_000)
    .default(1_000_000)
    .describe(
      'Maximum number of idempotency keys in a partition, at most a quarter of `maxmemory`; then new ones are refused',
    ),
};

/** The variables of a process that uses the ledger. */
export const databaseSettings = {
  DB_HOST: text.default('localhost').describe('MySQL host'),
  DB_PORT: port.default(3306).describe('MySQL port'),
  DB_TLS: tlsFlag.default(false).describe('True to use TLS; the certificate must be valid for the host'),
  DB_USER: text.optional().describe('MySQL user'),
  DB_PASSWORD: text.optional().describe('Password of the MySQL user'),
  DB_SECRET_ARN: text
    .optional()
    .describe('Secrets Manager secret with `username` and `password`, instead of those two'),
  DB_NAME: text
    .regex(/^[A-Za-z0-9_]{1,64}$/, 'must be 1 to 64 letters, digits and underscores')
    .default('count')
    .describe('Name of the database'),
};

/** The variables of the HTTP server. */
export const httpSettings = {
  HTTP_PORT: port.default(5080).describe('Port of the API'),
  HTTP_ALLOWED_HOSTS: neverEmpty(
    listOfText.refine(
      (list) => list.every((host) => hostPattern.test(host)),
      'must be hosts or host:port, separated by commas',
    ),
    'must not be empty; unset it to allow any host, or list the hosts',
  )
    .optional()
    .describe('Hosts that requests may name, as `host` or `host:port`, separated by commas; any if not set'),
  CLIENT_ADDRESS_HEADER: neverEmpty(
    text.regex(/^[!#$%&'*+.^`|~\w-]+$/, 'must be the name of a header'),
    'must not be empty; unset it if there is no trusted proxy in front',
  )
    .optional()
    .describe('Header in which a trusted proxy gives the address of its client, for limits by client'),
  CORS_ORIGIN: neverEmpty(origins, 'must not be empty; unset it for any origin, or set `none`')
    .default('*')
    .describe('Origins whose pages may read the answers, separated by commas; `*` for any, `none` for none'),
  API_TOKENS: neverEmpty(listOfText.pipe(apiTokens), emptyTokens)
    .optional()
    .describe('Bearer tokens of at least 32 characters, separated by commas; POSTs then require one'),
  API_TOKENS_SECRET_ARN: neverEmpty(text, emptyTokens)
    .optional()
    .describe('Secret with the tokens as JSON: a list of strings, or an object of strings'),
  API_TOKENS_FOR: neverEmpty(
    z.enum(['writes', 'all'], { error: 'must be writes or all' }),
    'must not be empty; unset it, or set writes or all',
  )
    .default('writes')
    .describe('Requests that require a token: `writes` (POSTs) or `all` (also GETs of data and `/events`)'),
};

/** The variables of the process that records. */
export const recordSettings = {
  INBOX_HOURS: integer(1, 8_760)
    .default(1)
    .describe('Hours for which the id of a recorded batch is kept; at least 48 for batches with an idempotency key'),
  WATCHDOG_MS: integer(1_000, 3_600_000)
    .default(60_000)
    .describe('Watchdog timeout: a consumer loop that makes no attempt for this long is killed'),
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

/**
 * Adds the issues between variables: a login must be given, and in one way only. For `superRefine`
 * of a process's schema.
 */
export const checkLogins = (config: Logins, { addIssue }: Pick<z.RefinementCtx, 'addIssue'>): void => {
  const addProblem = (name: keyof Logins, message: string) => addIssue({ code: 'custom', path: [name], message });
  const isSet = (name: keyof Logins) => config[name] !== undefined;

  if (isSet('DB_SECRET_ARN')) {
    for (const name of ['DB_USER', 'DB_PASSWORD'] as const) {
      if (isSet(name)) addProblem(name, 'must not be set together with DB_SECRET_ARN');
    }
  } else {
    for (const name of ['DB_USER', 'DB_PASSWORD'] as const) {
      if (!isSet(name)) addProblem(name, 'must be set, or DB_SECRET_ARN instead');
    }
  }
  if (isSet('REDIS_SECRET_ARN')) {
    for (const name of ['REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_IAM_CACHE'] as const) {
      if (isSet(name)) addProblem(name, 'must not be set together with REDIS_SECRET_ARN');
    }
  } else if (isSet('REDIS_IAM_CACHE')) {
    if (isSet('REDIS_PASSWORD')) addProblem('REDIS_PASSWORD', 'must not be set together with REDIS_IAM_CACHE');
    for (const name of ['REDIS_USERNAME', 'AWS_REGION'] as const) {
      if (!isSet(name)) addProblem(name, 'must be set with REDIS_IAM_CACHE');
    }
    if (config['REDIS_TLS'] !== true) addProblem('REDIS_TLS', 'must be true with REDIS_IAM_CACHE');
  } else if (isSet('REDIS_USERNAME') && !isSet('REDIS_PASSWORD')) {
    addProblem('REDIS_PASSWORD', 'must be set with REDIS_USERNAME');
  }
  if (isSet('API_TOKENS') && isSet('API_TOKENS_SECRET_ARN')) {
    addProblem('API_TOKENS', 'must not be set together with API_TOKENS_SECRET_ARN');
  }
  if (config['API_TOKENS_FOR'] === 'all' && !isSet('API_TOKENS') && !isSet('API_TOKENS_SECRET_ARN')) {
    addProblem('API_TOKENS_FOR', 'all needs tokens: set API_TOKENS or API_TOKENS_SECRET_ARN');
  }
};
