import {
  DescribeLoadBalancerAttributesCommand,
  ModifyLoadBalancerAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { protectedTypes } from '@sluice/infra/protected-types.ts';
import type { Account } from '../aws/account.ts';
import { nameOf } from '../cli/explain.ts';
import type { DeployedResource } from './describe-stack.ts';

type Protection = {
  readonly isOn: (account: Account, physicalId: string) => Promise<boolean>;
  readonly disable: (account: Account, physicalId: string) => Promise<unknown>;
};

const ofLoadBalancers = 'deletion_protection.enabled';

type ProtectedType = (typeof protectedTypes)[number];

const protections: Readonly<Record<ProtectedType, Protection>> = {
  'AWS::RDS::DBInstance': {
    isOn: async ({ rds }, DBInstanceIdentifier) => {
      const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
      return DBInstances.some(({ DeletionProtection }) => DeletionProtection === true);
    },
    disable: ({ rds }, DBInstanceIdentifier) =>
      rds.send(
        new ModifyDBInstanceCommand({ DBInstanceIdentifier, DeletionProtection: false, ApplyImmediately: true }),
      ),
  },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    isOn: async ({ loadBalancing }, LoadBalancerArn) => {
      const { Attributes = [] } = await loadBalancing.send(
        new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }),
      );
      return Attributes.some(({ Key, Value }) => Key === ofLoadBalancers && Value === 'true');
    },
    disable: ({ loadBalancing }, LoadBalancerArn) =>
      loadBalancing.send(
        new ModifyLoadBalancerAttributesCommand({
          LoadBalancerArn,
          Attributes: [{ Key: ofLoadBalancers, Value: 'false' }],
        }),
      ),
  },
};

// Errors about resources that an earlier deletion has removed or is removing.
const going = new Set(['DBInstanceNotFoundFault', 'InvalidDBInstanceStateFault', 'LoadBalancerNotFoundException']);

/**
 * Disables the deletion protection of resources. Returns those that were protected. Only for
 * resources that are about to be deleted: those of an environment whose destruction was confirmed,
 * and those of a stack that never came up.
 */
export const unprotect = async (
  account: Account,
  resources: readonly DeployedResource[],
): Promise<readonly DeployedResource[]> => {
  const unprotected: DeployedResource[] = [];
  for (const resource of resources) {
    const type = protectedTypes.find((each) => each === resource.type);
    if (type === undefined) continue;
    const protection = protections[type];
    try {
      if (!(await protection.isOn(account, resource.physicalId))) continue;
      await protection.disable(account, resource.physicalId);
      unprotected.push(resource);
    } catch (error) {
      if (!going.has(nameOf(error))) throw error;
    }
  }
  return unprotected;
};
