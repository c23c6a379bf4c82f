import { DeleteLogGroupCommand, paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import type { Account } from './account.ts';

/** Returns the prefixes of log groups that services create by themselves, outside the stacks. */
const prefixesOf = (environment: string): readonly string[] => [
  `/aws/ecs/containerinsights/sluice-${environment}/`,
  `/aws/lambda/sluice-${environment}-`,
  `/aws/rds/instance/sluice-${environment}/`,
];

/**
 * Removes the log groups that services created by themselves for an environment. Returns their
 * names.
 */
export const removeLogGroups = async ({ logs }: Account, environment: string): Promise<string[]> => {
  const names: string[] = [];
  for (const logGroupNamePrefix of prefixesOf(environment)) {
    for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix })) {
      names.push(...logGroups.flatMap(({ logGroupName }) => (logGroupName === undefined ? [] : [logGroupName])));
    }
  }
  for (const logGroupName of names) await logs.send(new DeleteLogGroupCommand({ logGroupName }));
  return names;
};
