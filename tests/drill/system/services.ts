import { serviceArguments, serviceEnvironment } from '@sluice/local/service-command.ts';
import { hostOf, zones, type Host } from '../hosts/hosts.ts';
import { redisPassword, redisPort } from './ask-redis.ts';
import { clockOf } from './clocks.ts';
import { databaseHost, login, mysqlPort } from './database.ts';
import type { Process, ProcessCreator } from './process.ts';
import { queueHost, queueName } from './queue.ts';
import { tablesFile } from './tables.ts';

export const httpPort = 5080;
export const metricsPort = 9100;

const answerWithinMs = 2_000;

/** The environment of every service, and of the set-up of the database. */
export const databaseEnvironment = {
  DB_HOST: databaseHost,
  DB_PORT: String(mysqlPort),
  DB_USER: login.user,
  DB_PASSWORD: login.password,
  DB_NAME: login.database,
  TABLES_FILE: tablesFile,
};

const environment = () => ({
  ...serviceEnvironment(),
  ...databaseEnvironment,
  REDIS_HOST: queueHost,
  REDIS_PORT: String(redisPort),
  REDIS_PASSWORD: redisPassword,
  REDIS_CLUSTER: 'true',
  REDIS_QUEUE: queueName,
});

/** The names of the producers and consumers, and of consumers that run only when there are more. */
export const producerNames = zones.map((zone) => `producer-${zone}`);
export const consumerNames = zones.map((zone) => `consumer-${zone}`);
const moreConsumerNames = consumerNames.map((name) => `${name}-2`);

/** Creates the producers and consumers. */
export const createServices = (processOn: ProcessCreator) => {
  const createService = (
    app: 'producer' | 'consumer',
    name: string,
    host: Host,
    port: number,
    path: string,
    own: Readonly<Record<string, string>>,
  ) =>
    processOn(host, {
      name,
      command: process.execPath,
      args: serviceArguments(app),
      env: { ...environment(), ...clockOf(name), ...own },
      checkReady: async () => void (await getOk(`http://${host.address}:${port}${path}`)),
    });

  const createProducer = (name: string): Process =>
    createService('producer', name, hostOf(name), httpPort, '/health', {
      HTTP_PORT: String(httpPort),
      QUEUE_PARTITIONS: String(zones.length),
      QUEUE_ACK_REPLICAS: '1',
      CLIENT_ADDRESS_HEADER: 'x-forwarded-for',
    });

  const createConsumer = (name: string): Process => {
    const port = moreConsumerNames.includes(name) ? metricsPort + 1 : metricsPort;
    const own = { METRICS_PORT: String(port) };
    return createService('consumer', name, hostOf(name.replace(/-2$/, '')), port, '/metrics', own);
  };

  return {
    producers: producerNames.map(createProducer),
    consumers: consumerNames.map(createConsumer),
    moreConsumers: moreConsumerNames.map(createConsumer),
  };
};

/** Sends a GET. Throws unless the answer is a success. */
export const getOk = async (url: string): Promise<Response> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) });
  await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
};
