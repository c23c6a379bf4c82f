import type { Stack } from 'aws-cdk-lib';
import type { Environment } from '../schema/environment.ts';
import { linkedServicesOf } from '../linked-services.ts';

/** Allowed actions on resources. */
export type Right = {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Record<string, unknown>;
};

// AWS checks these actions against all resources.
const looks: Right = {
  actions: [
    'ec2:DescribeManagedPrefixLists',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeRegions',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeAddresses',
    'ec2:DescribeVpcs',
    'cloudfront:ListVpcOrigins',
    'ecr:GetAuthorizationToken',
    'ecs:DescribeServices',
    'ecs:DescribeTaskDefinition',
    'ecs:DescribeTasks',
    'ecs:ListTasks',
    'elasticloadbalancing:DescribeLoadBalancerAttributes',
    'elasticloadbalancing:DescribeTargetHealth',
    'iam:ListRoles',
    'rds:DescribeDBInstances',
    'route53:GetHostedZone',
    'servicequotas:GetAWSDefaultServiceQuota',
    'servicequotas:GetServiceQuota',
  ],
  resources: ['*'],
};

/** The actions that read images from a registry. */
export const readsImages = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:DescribeImages',
  'ecr:DescribeRepositories',
  'ecr:GetDownloadUrlForLayer',
];

type Arn = (service: string, resource: string, region?: string) => string;

/** Returns the rights to roles: those of CDK for files and deployments, and the service-linked ones. */
const takesRoles = (stack: Stack, environment: Environment, arn: Arn): Right[] => {
  const { domain, firewall } = environment;
  const places = [stack.region, ...(domain === undefined && firewall === undefined ? [] : ['us-east-1'])];
  const ofCdk = [...new Set(places)].flatMap((place) =>
    ['deploy', 'file-publishing'].map((role) => `role/cdk-hnb659fds-${role}-role-${stack.account}-${place}`),
  );
  const services = linkedServicesOf(environment);
  return [
    { actions: ['sts:AssumeRole'], resources: ofCdk.map((role) => arn('iam', role, '')) },
    {
      actions: ['iam:CreateServiceLinkedRole'],
      resources: services.map((service) => arn('iam', `role/aws-service-role/${service}/*`, '')),
      conditions: { StringEquals: { 'iam:AWSServiceName': services } },
    },
  ];
};

/**
 * Returns the right to read the images of another environment. The registry of that environment
 * allows it, too (registry.ts).
 */
const readsRegistry = ({ partition }: Stack, { name, account, region }: Environment): Right => ({
  actions: readsImages,
  resources: [`arn:${partition}:ecr:${region}:${account}:repository/sluice-${name}/*`],
});

/**
 * Returns the rights for the calls that `npm run deploy` makes itself. Stacks are changed with the
 * roles that `cdk bootstrap` created. `source` is the environment whose images are copied. To take
 * the deletion protection off a stack that never came up is no right of a pipeline: a person makes
 * the first deployment.
 */
export const rightsOf = (stack: Stack, environment: Environment, source: Environment | undefined): Right[] => {
  const { name, api } = environment;
  const arn: Arn = (service, resource, region = stack.region) =>
    `arn:${stack.partition}:${service}:${region}:${stack.account}:${resource}`;
  return [
    ...takesRoles(stack, environment, arn),
    ...(source === undefined ? [] : [readsRegistry(stack, source)]),
    {
      actions: [
        'cloudformation:ContinueUpdateRollback',
        'cloudformation:DeleteStack',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStackResources',
        'cloudformation:DescribeStacks',
        'cloudformation:GetTemplate',
        'cloudformation:ListStackResources',
        'cloudformation:UpdateTerminationProtection',
      ],
      resources: [
        arn('cloudformation', `stack/sluice-${name}-*`, '*'),
        arn('cloudformation', 'stack/CDKToolkit/*', '*'),
      ],
    },
    {
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchDeleteImage',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:DescribeImages',
        'ecr:DescribeRepositories',
        'ecr:GetDownloadUrlForLayer',
        'ecr:InitiateLayerUpload',
        'ecr:ListImages',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      resources: [arn('ecr', `repository/sluice-${name}/*`)],
    },
    {
      actions: [
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:GetObject',
        's3:ListBucket',
        's3:ListBucketVersions',
        's3:PutObject',
      ],
      resources: [`arn:${stack.partition}:s3:::sluice-${name}-app-*`],
    },
    {
      actions: ['ssm:DeleteParameter', 'ssm:GetParameter', 'ssm:PutParameter'],
      resources: [
        arn('ssm', `parameter/sluice/${name}/*`),
        ...[stack.region, 'us-east-1'].map((region) => arn('ssm', 'parameter/cdk-bootstrap/hnb659fds/version', region)),
      ],
    },
    ...(api.access === 'open' ? [] : [readsTokens(name, api.tokensSecretArn, arn)]),
    // Remains of Lambda and CloudFront in a network whose creation failed.
    {
      actions: ['ec2:DeleteNetworkInterface', 'ec2:DeleteSecurityGroup'],
      resources: ['network-interface/*', 'security-group/*'].map((kind) => arn('ec2', kind)),
    },
    {
      actions: ['cloudfront:CreateInvalidation', 'cloudfront:GetDistribution'],
      resources: [arn('cloudfront', 'distribution/*', '')],
    },
    looks,
  ];
};

/**
 * Returns the right to read a token, with which a deployment posts a count at its end. The token is
 * from the named secret or from the one that the environment's stack created.
 */
const readsTokens = (
  name: string,
  secretArn: string | undefined,
  arn: (service: string, resource: string) => string,
): Right => ({
  actions: ['secretsmanager:GetSecretValue'],
  ...(secretArn === undefined
    ? {
        resources: [arn('secretsmanager', 'secret:ApiTokens*')],
        conditions: { StringEquals: { 'aws:ResourceTag/environment': name } },
      }
    : { resources: [secretArn] }),
});
