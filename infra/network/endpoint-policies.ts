import { PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Environment } from '../schema/environment.ts';

type Place = Pick<Environment, 'account' | 'region'>;

/** The services that the private subnets reach by interface endpoints. */
export type EndpointService = 'ecr' | 'logs' | 'secretsmanager';

const allow = (actions: readonly string[], resources: readonly string[]): PolicyStatement =>
  new PolicyStatement({ principals: [new StarPrincipal()], actions: [...actions], resources: [...resources] });

/**
 * Allows an action that has no resource, so that nothing but the caller's account can limit it. It
 * takes no data with it.
 */
const allowOwnCallers = (action: string, account: string): PolicyStatement =>
  new PolicyStatement({
    principals: [new StarPrincipal()],
    actions: [action],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:PrincipalAccount': account } },
  });

/**
 * Returns what passes an interface endpoint: the calls of the tasks and functions, to resources of
 * the account. With the credentials of another account, an intruder could otherwise write to that
 * account's log groups, secrets and images.
 */
export const statementsOf = (service: EndpointService, { account, region }: Place): PolicyStatement[] => {
  const own = (resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  if (service === 'ecr')
    return [
      allow(
        ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        [own('repository/*')],
      ),
      allowOwnCallers('ecr:GetAuthorizationToken', account),
    ];
  if (service === 'logs') return [allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [own('log-group:*')])];
  return [
    allow(
      [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        // AWS's function that rotates passwords.
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      [own('secret:*')],
    ),
    allowOwnCallers('secretsmanager:GetRandomPassword', account),
  ];
};

/**
 * Returns what passes the endpoint of S3: the layers of images, and answers of custom resources.
 * Both buckets are AWS's ("Amazon ECR interface VPC endpoints", "Setting up VPC endpoints for AWS
 * CloudFormation"; the name of the second has its region without hyphens). Their URLs are signed by
 * AWS, so the caller's account says nothing.
 */
export const bucketStatements = ({ region }: Place): PolicyStatement[] => [
  allow(['s3:GetObject'], [`arn:aws:s3:::prod-${region}-starport-layer-bucket/*`]),
  allow(['s3:PutObject'], [`arn:aws:s3:::cloudformation-custom-resource-response-${region.replaceAll('-', '')}/*`]),
];
