const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run tests with npm test, which starts the servers that they need`);
  return value;
};

/** The address of a Redis, and its password if it has one. */
export type TestRedis = {
  readonly host: string;
  readonly port: number;
  readonly password?: string;
  readonly isCluster?: boolean;
};

/** The address of a MySQL, and the login of its administrator. */
export type TestMysql = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
};

/** Returns the address of the Redis that the tests share. */
export const testRedis = () => ({
  host: variable('REDIS_HOST'),
  port: Number(variable('REDIS_PORT')),
  password: variable('REDIS_PASSWORD'),
});

/**
 * Returns the address of the MySQL that the tests share, with its administrator: tests create
 * schemas of their own.
 */
export const testMysql = (): TestMysql => ({
  host: variable('DB_HOST'),
  port: Number(variable('DB_PORT')),
  user: 'root',
  password: variable('DB_PASSWORD'),
});
