import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findServers } from './find-servers.ts';
import { mysqlPart } from './mysql.ts';
import { findFreePort } from './ports.ts';
import { redisPart } from './redis.ts';
import { privatePassword } from './secrets.ts';
import { SettingError } from '../setting-error.ts';
import type { Part } from '../processes/supervise.ts';

type PrivateServers = {
  readonly parts: readonly Part[];
  /** The environment with which the services reach them. */
  readonly environment: Readonly<Record<string, string>>;
};

const user = 'sluice';

/**
 * Returns the servers that `environment` does not name (`REDIS_HOST`, `DB_HOST`), private to
 * `folder` and on free ports of loopback.
 */
export const privateServers = async (
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): Promise<PrivateServers> => {
  const found = findServers({ redis: !environment['REDIS_HOST'], mysql: !environment['DB_HOST'] }, say);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const password = privatePassword(folder);
  const database = environment['DB_NAME'] || 'count';
  const parts: Part[] = [];
  const given: Record<string, string> = {};

  if (found.redis !== undefined) {
    const port = await findFreePort();
    parts.push(
      redisPart({
        runner: found.redis,
        folder: join(folder, 'redis'),
        port,
        password,
        maxMemory: readMaxMemory(environment),
      }),
    );
    Object.assign(given, { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(port), REDIS_PASSWORD: password });
  }
  if (found.mysql !== undefined) {
    const port = await findFreePort();
    parts.push(await mysqlPart({ runner: found.mysql, folder: join(folder, 'mysql'), port, user, password, database }));
    Object.assign(given, {
      DB_HOST: '127.0.0.1',
      DB_PORT: String(port),
      DB_USER: user,
      DB_PASSWORD: password,
      DB_NAME: database,
    });
  }
  return { parts, environment: given };
};

/**
 * Reads the memory limit for the data of the private Redis. Throws a {@link SettingError} if Redis
 * would not accept it.
 */
const readMaxMemory = (environment: Readonly<Record<string, string | undefined>>): string | undefined => {
  const text = environment['REDIS_MAXMEMORY'] || undefined;
  if (text === undefined || /^[1-9]\d{0,14}(?:[kmg]b?)?$/i.test(text)) return text;
  throw new SettingError('REDIS_MAXMEMORY must be a number of bytes, such as 512mb or 2gb');
};
