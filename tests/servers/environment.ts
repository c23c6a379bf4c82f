const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run tests with npm test, which starts the servers that they need`);
  return value;
};

/** The Redis of the tests. */
export const testRedis = () => ({
  host: variable('REDIS_HOST'),
  port: Number(variable('REDIS_PORT')),
  password: variable('REDIS_PASSWORD'),
});

/** The MySQL of the tests, as its administrator: tests make schemas of their own. */
export const testMysql = () => ({
  host: variable('DB_HOST'),
  port: Number(variable('DB_PORT')),
  user: 'root',
  password: variable('DB_PASSWORD'),
});
