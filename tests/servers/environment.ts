const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run tests with npm test, which starts the servers that they need`);
  return value;
};

/** Where a Redis is. */
export type TestRedis = {
  readonly host: string;
  readonly port: number;
  readonly password?: string;
  readonly isCluster?: boolean;
};

/** Where a MySQL is, and its administrator. */
export type TestMysql = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
};

/** The Redis of the tests. */
export const testRedis = () => ({
  host: variable('REDIS_HOST'),
  port: Number(variable('REDIS_PORT')),
  password: variable('REDIS_PASSWORD'),
});

/** The MySQL of the tests, as its administrator: tests make schemas of their own. */
export const testMysql = (): TestMysql => ({
  host: variable('DB_HOST'),
  port: Number(variable('DB_PORT')),
  user: 'root',
  password: variable('DB_PASSWORD'),
});
