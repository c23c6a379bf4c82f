import * as z from 'zod';
import { referenceOf, type Resource, type StackTemplate } from '../policy/template.ts';
import { item, type Item } from './item.ts';
import { hoursOfMonth } from './prices.ts';
import { busyMetrics, idleMetrics, logGbOfTask } from './usage.ts';

const service = z.object({
  TaskDefinition: z.unknown(),
  ServiceName: z.string(),
  CapacityProviderStrategy: z.array(z.object({ CapacityProvider: z.string() })).default([]),
});
const definition = z.object({
  Cpu: z.coerce.number(),
  Memory: z.coerce.number(),
  ContainerDefinitions: z.array(
    z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]) }),
  ),
});
const target = z.object({ MinCapacity: z.number(), ResourceId: z.unknown() });

/**
 * Returns the items of the tasks of a service that always run, and of the metrics and logs that
 * they write.
 */
export const taskItems = ({ Properties }: Resource, id: string, { Resources }: StackTemplate): Item[] => {
  const { TaskDefinition, ServiceName, CapacityProviderStrategy } = service.parse(Properties);
  const { Cpu, Memory, ContainerDefinitions } = definition.parse(
    Resources[referenceOf(TaskDefinition) ?? '']?.Properties,
  );
  const tasks = minTasks(id, Resources);
  const publishes = ContainerDefinitions.some(({ Environment }) =>
    Environment.some(({ Name, Value }) => Name === 'METRICS' && Value === 'emf'),
  );
  const isSpot = CapacityProviderStrategy.some(({ CapacityProvider }) => CapacityProvider === 'FARGATE_SPOT');
  return [
    item(
      'tasks',
      `CPU of ${tasks} × ${Cpu / 1_024}`,
      isSpot ? 'spotCpuHour' : 'armCpuHour',
      (tasks * Cpu * hoursOfMonth) / 1_024,
    ),
    item(
      'tasks',
      `memory of ${tasks} × ${Memory / 1_024} GB`,
      isSpot ? 'spotMemoryHour' : 'armMemoryHour',
      (tasks * Memory * hoursOfMonth) / 1_024,
    ),
    ...(publishes
      ? [
          // Tasks of a service share their metrics, whatever their number.
          item('monitoring', 'metrics', 'metric', idleMetrics[ServiceName] ?? 0, () => busyMetrics[ServiceName] ?? 0),
          item('monitoring', 'log lines', 'logGb', tasks * logGbOfTask),
        ]
      : []),
  ];
};

/**
 * Returns the minimum number of tasks from the scaling of the service. The service itself has no
 * number.
 */
const minTasks = (id: string, resources: StackTemplate['Resources']): number => {
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== 'AWS::ApplicationAutoScaling::ScalableTarget') continue;
    const { MinCapacity, ResourceId } = target.parse(Properties);
    if (JSON.stringify(ResourceId).includes(`"${id}"`)) return MinCapacity;
  }
  throw new Error(`${id} has no scaling, so its number of tasks is unknown`);
};
