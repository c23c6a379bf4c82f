import type { Issue } from '../cli/explain.ts';
import type { Event } from './stack-events.ts';

type Rule = {
  /** The types of resources to which the rule applies. Without it, the rule applies to all. */
  readonly type?: RegExp;
  readonly reason: RegExp;
  readonly what: string;
  readonly fix: string;
};

const again = 'then run the same command again';

/** Reasons in the words of CloudFormation and the services. The first match is used. */
const rules: readonly Rule[] = [
  {
    type: /^AWS::ECS::Service$/,
    reason: /circuit breaker|failed to (?:stabilize|start)|rolled back due to alarm|alarm/i,
    what: 'The new tasks did not become healthy, so the previous tasks keep running',
    fix: `find the reason with npm run logs -- ENV producer (or consumer), fix it, ${again}`,
  },
  {
    type: /^Custom::DatabaseSetup$/,
    reason: /.*/s,
    what: 'The database was not set up: the function that applies the migrations failed',
    fix: `read the log group of DatabaseSetup/Function, fix the migration, ${again}`,
  },
  {
    reason: /AddressLimitExceeded|maximum number of addresses/i,
    what: 'The account has no public address left for a NAT gateway',
    fix: `raise the quota "EC2-VPC Elastic IPs" (Service Quotas, ec2, L-0263D0A3), ${again}`,
  },
  {
    reason: /VpcLimitExceeded|maximum number of VPCs/i,
    what: 'The account has reached its limit of VPCs',
    fix: `raise the quota "VPCs per Region" (Service Quotas, vpc, L-F678F1CE), ${again}`,
  },
  {
    reason: /LimitExceeded|QuotaExceeded|exceeds? (?:the )?(?:limit|quota)|limit (?:has been )?(?:reached|exceeded)/i,
    what: 'The account has reached a limit',
    fix: `raise it in Service Quotas, ${again}`,
  },
  {
    reason: /AccessDenied|not authorized to perform|UnauthorizedOperation/i,
    what: 'CloudFormation lacks a permission',
    fix: `grant it to the role cdk-hnb659fds-cfn-exec-role-… (cdk bootstrap sets its policies), ${again}`,
  },
  {
    type: /^AWS::IAM::OIDCProvider$/,
    reason: /already ?exists/i,
    what: 'The account already has the OIDC provider of GitHub',
    fix: `set pipeline.makesProvider to false in infra/environments/ENV.ts, ${again}`,
  },
  {
    reason: /already exists/i,
    what: 'A resource of this name exists outside this stack',
    fix: `delete this resource if an earlier deployment left it, ${again}`,
  },
  {
    reason: /InsufficientDBInstanceCapacity|insufficient capacity|Capacity is unavailable/i,
    what: 'AWS has no capacity for this instance type in these zones now',
    fix: `wait, or choose other zones or another instance type in infra/environments, ${again}`,
  },
  {
    reason:
      /has dependencies and cannot be deleted|DependencyViolation|currently in use|has a dependent object|ResourceInUse|AssociatedItem/i,
    what: 'Another resource still uses it',
    fix: `wait some minutes (most often AWS has not deleted a network interface yet), ${again}`,
  },
  {
    reason: /not empty|contains images/i,
    what: 'The bucket or repository is not empty',
    fix: `delete what it holds if nobody needs it, ${again}`,
  },
  {
    reason: /deletion protection|DeletionProtection/i,
    what: 'The resource is protected from deletion',
    fix: `if this resource is to be deleted, disable its protection (aws rds modify-db-instance --no-deletion-protection, aws elbv2 modify-load-balancer-attributes), ${again}`,
  },
  {
    reason: /ACM|certificate/i,
    what: 'The certificate was not issued',
    fix: `check that the name servers of the domain are those of the hosted zone in infra/environments, ${again}`,
  },
  {
    reason: /Throttling|Rate exceeded/i,
    what: 'AWS throttled CloudFormation',
    fix: 'run the same command again',
  },
  {
    reason: /GetStackOutput|Unresolved|not (?:yet )?(?:supported|implemented)|Unrecognized resource types?/i,
    what: 'CloudFormation does not support this resource type or function here',
    fix: 'on AWS, check that the region has the service; an emulator (AWS_ENDPOINT_URL) cannot deploy it',
  },
];

/** Explains the failure of a stack in plain words, from the event that caused all others. */
export const explainFailure = (
  stack: string,
  { type, status, reason, resource }: Event,
  nameOf: (id: string) => string,
): Issue => {
  const rule = rules.find((each) => (each.type?.test(type) ?? true) && each.reason.test(reason));
  return {
    what: rule === undefined ? reason : `${rule.what}: ${reason}`,
    where: `${stack}, ${nameOf(resource)} (${type}, ${status})`,
    fix: rule?.fix ?? `correct the reported error, ${again}`,
  };
};
