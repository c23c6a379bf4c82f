import { DescribeServicesCommand, DescribeTaskDefinitionCommand, type Service } from '@aws-sdk/client-ecs';
import type { Account } from './account.ts';
import { CommandError, nameOf } from './explain.ts';

/** The services of an environment, by the names that they have in its cluster. */
export const serviceNames = ['producer', 'consumer'] as const;

/** The cluster of an environment. */
export const clusterOf = (environment: string): string => `sluice-${environment}`;

/** Finds services of an environment. Throws a {@link CommandError} where one of them is not there. */
export const findServices = async (
  { ecs, region }: Account,
  environment: string,
  names: readonly string[] = serviceNames,
): Promise<Service[]> => {
  const cluster = clusterOf(environment);
  const found = await ecs.send(new DescribeServicesCommand({ cluster, services: [...names] })).then(
    ({ services = [] }) => services.filter(({ status }) => status === 'ACTIVE'),
    (error: unknown) => {
      if (nameOf(error) === 'ClusterNotFoundException') return [];
      throw error;
    },
  );
  const missing = names.filter((name) => !found.some(({ serviceName }) => serviceName === name));
  if (missing.length === 0) return found;
  throw new CommandError([
    {
      what: `${environment} has no ${missing.join(' and no ')}`,
      where: `cluster ${cluster} in ${region}`,
      mend: `npm run deploy -- ${environment}`,
    },
  ]);
};

/** Where the containers of a task definition write: all of them into one log group. */
export const findLogs = async (
  { ecs }: Account,
  taskDefinition: string,
): Promise<{ readonly group: string; readonly images: readonly string[] }> => {
  const answer = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
  const containers = answer.taskDefinition?.containerDefinitions ?? [];
  const group = containers[0]?.logConfiguration?.options?.['awslogs-group'];
  if (group === undefined) throw new Error(`The task definition ${taskDefinition} names no log group`);
  return { group, images: containers.flatMap(({ image }) => image ?? []) };
};
