import type { Environment } from './schema/environment.ts';

/**
 * Returns the services that need a service-linked role in the account. Each creates its role by
 * itself at the first call, and may then fail because IAM does not know the role everywhere yet: ECS
 * ("Unable to assume the service linked role", aws-cloudformation/cloudformation-coverage-roadmap
 * #818) and RDS (terraform-aws-modules/terraform-aws-rds#364). Scalable targets name theirs.
 */
export const linkedServicesOf = ({ queue }: Pick<Environment, 'queue'>): string[] => [
  'ecs.amazonaws.com',
  'ecs.application-autoscaling.amazonaws.com',
  'elasticache.amazonaws.com',
  ...(queue.kind === 'nodes' ? ['elasticache.application-autoscaling.amazonaws.com'] : []),
  'elasticloadbalancing.amazonaws.com',
  'rds.amazonaws.com',
  'vpcorigin.cloudfront.amazonaws.com',
];
