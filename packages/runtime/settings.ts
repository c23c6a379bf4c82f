import * as z from 'zod';

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

/** The variables of every process. */
export const processSettings = {
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
      error: 'must be one of trace, debug, info, warn, error, fatal',
    })
    .default('info')
    .describe('The least level that is logged'),
};

/** The variables of a process that uses the queue. */
export const queueSettings = {
  REDIS_HOST: text.default('localhost').describe('Where Redis is'),
  REDIS_PORT: port.default(6379).describe('Its port'),
  REDIS_USERNAME: text.optional().describe('Its user; without one, the default user'),
  REDIS_PASSWORD: text.optional().describe("The user's password"),
  REDIS_QUEUE: text.default('count_queue').describe("The queue's name, the first part of its keys"),
};

/** The variables of a process that uses the ledger. */
export const databaseSettings = {
  DB_HOST: text.default('localhost').describe('Where MySQL is'),
  DB_PORT: port.default(3306).describe('Its port'),
  DB_USER: text.describe('Its user'),
  DB_PASSWORD: text.describe("The user's password"),
  DB_NAME: text.default('count').describe('The database'),
};

/** The variables of the HTTP server. */
export const httpSettings = {
  HTTP_PORT: port.default(5080).describe('The port of the API, on all interfaces'),
  CORS_ORIGIN: text.default('*').describe('The origin whose pages may read the answers'),
};

/** The variables of the process that records. */
export const recordSettings = {
  INBOX_HOURS: integer(1, 8_760).default(1).describe('How long the id of a recorded batch is kept, in hours'),
};
