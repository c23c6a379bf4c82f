import { DescribeTasksCommand, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import type { Account } from './account.ts';
import { explain, type Issue } from '../cli/explain.ts';

/**
 * Formats the reasons for which tasks of a service have ended, each once: ECS's reason, and the
 * exit codes of containers.
 * @internal
 */
export const formatStops = (tasks: readonly Task[]): string[] => [
  ...new Set(
    tasks.map(({ stoppedReason = 'no reason given', containers = [] }) => {
      const exits = containers.flatMap(({ name = '', exitCode, reason }) => {
        const said = [exitCode === undefined ? undefined : `exited with ${exitCode}`, reason]
          .filter(Boolean)
          .join(', ');
        return said === '' ? [] : [`${name} ${said}`];
      });
      return [stoppedReason, ...exits].join('; ');
    }),
  ),
];

/**
 * Explains the end of the last tasks of a service that does not come up. ECS keeps them for an
 * hour. `service` is its ARN.
 */
export const findStoppedTasks = async ({ ecs, region }: Account, service: string): Promise<Issue[]> => {
  const [, cluster = '', name = ''] = service.split('/');
  // A service whose creation failed has no name.
  if (name === '') return [];
  const where = `tasks of ${name} in ${region}`;
  const fix = 'correct the cause, then run the same command again';
  try {
    const { taskArns = [] } = await ecs.send(
      new ListTasksCommand({ cluster, serviceName: name, desiredStatus: 'STOPPED' }),
    );
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns.slice(0, 100) }));
    return formatStops(tasks).map((what) => ({ what, where, fix }));
  } catch (error) {
    // The caller reports its own failure in any case.
    return [explain(error)];
  }
};
