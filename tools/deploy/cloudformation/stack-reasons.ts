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
    what: 'The new tasks did not stay up, so those of before run on',
    fix: `npm run logs -- ENV producer (or consumer) shows why they ended; correct it, ${again}`,
  },
  {
    type: /^Custom::DatabaseSetup$/,
    reason: /.*/s,
    what: 'The database was not set up: the function that applies the migrations failed',
    fix: `its log group is the one of DatabaseSetup/Function; correct the migration, ${again}`,
  },
  {
    reason: /AddressLimitExceeded|maximum number of addresses/i,
    what: 'The account has no public address left for a NAT gateway',
    fix: `raise the quota "EC2-VPC Elastic IPs" (Service Quotas, ec2, L-0263D0A3), ${again}`,
  },
  {
    reason: /VpcLimitExceeded|maximum number of VPCs/i,
    what: 'The account has no network left',
    fix: `raise the quota "VPCs per Region" (Service Quotas, vpc, L-F678F1CE), ${again}`,
  },
  {
    reason: /LimitExceeded|QuotaExceeded|exceeds? (?:the )?(?:limit|quota)|limit (?:has been )?(?:reached|exceeded)/i,
    what: 'A limit of the account is reached',
    fix: `raise it in Service Quotas, ${again}`,
  },
  {
    reason: /AccessDenied|not authorized to perform|UnauthorizedOperation/i,
    what: 'CloudFormation may not do this',
    fix: `allow it to the role cdk-hnb659fds-cfn-exec-role-… (cdk bootstrap says what it may), ${again}`,
  },
  {
    type: /^AWS::IAM::OIDCProvider$/,
    reason: /already ?exists/i,
    what: 'The account believes GitHub already',
    fix: `set pipeline.makesProvider to false in infra/environments/ENV.ts, ${again}`,
  },
  {
    reason: /already exists/i,
    what: 'There is something of this name that is not of this stack',
    fix: `remove it where it is left from before (npm run destroy -- ENV lists what is left), ${again}`,
  },
  {
    reason: /InsufficientDBInstanceCapacity|insufficient capacity|Capacity is unavailable/i,
    what: 'AWS has no machine of this kind in these zones now',
    fix: `wait, or take other zones or another machine in infra/environments, ${again}`,
  },
  {
    reason: /has dependencies and cannot be deleted|DependencyViolation|currently in use|has a dependent object/i,
    what: 'Something is still in it or uses it',
    fix: `most often a network interface that AWS has not taken away yet: wait some minutes, ${again}`,
  },
  {
    reason: /not empty|contains images/i,
    what: 'It is not empty',
    fix: 'npm run destroy empties buckets and repositories before it removes them; run it',
  },
  {
    reason: /deletion protection|DeletionProtection/i,
    what: 'It is protected from deletion',
    fix: 'npm run destroy takes the protection away once the name of the environment was typed; run it',
  },
  {
    reason: /ACM|certificate/i,
    what: 'The certificate was not issued',
    fix: `check that the name server of the domain is the hosted zone of infra/environments, ${again}`,
  },
  {
    reason: /Throttling|Rate exceeded/i,
    what: 'AWS asked CloudFormation for fewer calls',
    fix: 'run the same command again',
  },
  {
    reason: /GetStackOutput|Unresolved|not (?:yet )?(?:supported|implemented)|Unrecognized resource types?/i,
    what: 'CloudFormation there does not know this kind of resource or function',
    fix: 'in AWS: check that the region has the service; in an emulator (AWS_ENDPOINT_URL) this is where it ends',
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
    fix: rule?.fix ?? `correct what it says, ${again}`,
  };
};
