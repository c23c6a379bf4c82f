type Accepted = {
  /** The linter's name of the rule. */
  readonly rule: string;
  /** The type of the resources, or the path of one within its environment. */
  readonly on: string;
  readonly reason: string;
};

const awsKeys = 'AWS encrypts it with its own keys (decision 9). Keys of our own would cost a dollar each a month';
const noDomain =
  'without a domain there is no certificate: viewers use HTTPS to CloudFront, and HTTP stays between CloudFront and a private address';

/**
 * The findings of linters that are accepted. One that no longer occurs fails the check. cdk-nag's
 * are accepted next to their resources.
 */
export const accepted: readonly Accepted[] = [
  { rule: 'CKV_AWS_158', on: 'AWS::Logs::LogGroup', reason: awsKeys },
  { rule: 'CKV_AWS_149', on: 'AWS::SecretsManager::Secret', reason: awsKeys },
  { rule: 'CKV_AWS_136', on: 'AWS::ECR::Repository', reason: awsKeys },
  { rule: 'CKV_AWS_173', on: 'AWS::Lambda::Function', reason: `${awsKeys}. No variable is a secret` },
  { rule: 'CKV_AWS_2', on: 'AWS::ElasticLoadBalancingV2::Listener', reason: noDomain },
  { rule: 'CKV_AWS_103', on: 'AWS::ElasticLoadBalancingV2::Listener', reason: noDomain },
  {
    rule: 'CKV_AWS_174',
    on: 'AWS::CloudFront::Distribution',
    reason: 'with its own domain name CloudFront ignores the minimum version of TLS',
  },
  {
    rule: 'CKV_AWS_68',
    on: 'AWS::CloudFront::Distribution',
    reason: 'test and dev have no firewall, which costs 6 dollars a month: their API needs a token',
  },
  {
    rule: 'CKV_AWS_65',
    on: 'AWS::ECS::Cluster',
    reason: 'test and dev have no Container Insights: the metrics of Sluice and of ECS suffice there',
  },
  {
    rule: 'CKV_AWS_157',
    on: 'AWS::RDS::DBInstance',
    reason: 'outside prod the database may be away while AWS restores it: a standby doubles its cost',
  },
  {
    rule: 'CKV_AWS_118',
    on: 'AWS::RDS::DBInstance',
    reason: 'the free metrics of RDS, once a minute, suffice for the alarms',
  },
  {
    rule: 'CKV_AWS_161',
    on: 'AWS::RDS::DBInstance',
    reason: 'IAM login limits new connections, and MariaDB, which the tests use, does not have it (decision 9)',
  },
  {
    rule: 'CKV_AWS_115',
    on: 'AWS::Lambda::Function',
    reason: 'only CloudFormation calls it. A new account cannot reserve: 100 calls must stay unreserved',
  },
  {
    rule: 'CKV_AWS_116',
    on: 'AWS::Lambda::Function',
    reason: 'CloudFormation waits for its answer, and fails the deployment without one',
  },
  { rule: 'CKV_AWS_18', on: 'app/Logs', reason: 'it holds the access logs of the others' },
  { rule: 'CKV_AWS_21', on: 'app/Logs', reason: 'access logs are written once, and expire after `logDays`' },
  { rule: 'W3005', on: 'foundation/DatabaseSetup/Function', reason: 'CDK writes it. It is redundant and harmless' },
  { rule: 'W3005', on: 'app/Topic/Failovers', reason: 'CDK writes it with the policy of the topic, which is needed' },
  { rule: 'W3005', on: 'app/Topic/Budget', reason: 'CDK writes it with the policy of the topic, which is needed' },
  {
    rule: 'RESOURCE_MISMATCH',
    on: 'foundation/DatabaseSetup/Role/DefaultPolicy',
    reason: '`*/*` is any resource of EC2 in the account and region: an interface, its subnet and its groups',
  },
  {
    rule: 'UNKNOWN_CONDITION_FOR_ACTION',
    on: 'foundation/DatabaseSetup/NetworkDenial',
    reason: 'Lambda sets lambda:SourceFunctionArn in each call of a function (Lambda Developer Guide)',
  },
  {
    rule: 'UNKNOWN_CONDITION_FOR_ACTION',
    on: 'pipeline/Role',
    reason: 'the conditions are claims of GitHub’s token, which parliament does not know',
  },
  {
    rule: 'CKV_AWS_88',
    on: 'AWS::EC2::Instance',
    reason: 'a NAT instance needs an address of the internet. Its group lets in only the private subnets',
  },
];
