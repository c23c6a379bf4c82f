import { DescribeServicesCommand, DescribeTaskDefinitionCommand, type Service } from '@aws-sdk/client-ecs';
import type { Account } from './account.ts';
import { CommandError, nameOf } from '../cli/explain.ts';

/** The services of an environment, by their names in its cluster. */
export const serviceNames = ['producer', 'consumer'] as const;

/** Returns the name of an environment's cluster. */
export const clusterOf = (environment: string): string => `sluice-${environment}`;

/** Finds services of an environment. Throws a {@link CommandError} if one of them is missing. */
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
      fix: `npm run deploy -- ${environment}`,
    },
  ]);
};

/** Finds the log group of a task definition, which all its containers share. */
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
