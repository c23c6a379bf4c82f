import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Environment } from '../schema/environment.ts';
import { databaseName, type Database } from '../data/database.ts';
import { namespaceOf } from '../monitoring/metrics.ts';
import type { QueueUser } from '../data/queue-users.ts';
import type { Queue } from '../data/queue.ts';

type Parts = {
  readonly environment: Environment;
  readonly queue: Queue;
  readonly database: Database;
  readonly secret: ISecret;
};

/**
 * Returns the variables of a task: the addresses of queue and database, and its users. Secrets are
 * given by their ARNs.
 */
export const variablesOf = (service: QueueUser, { environment, queue, database, secret }: Parts) => ({
  ...queue.environmentOf(service),
  DB_HOST: database.instance.dbInstanceEndpointAddress,
  DB_NAME: databaseName,
  DB_TLS: 'true',
  DB_SECRET_ARN: secret.secretArn,
  METRICS: 'emf',
  METRICS_NAMESPACE: namespaceOf(environment),
});
