import { Duration, RemovalPolicy, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { CfnOIDCProvider, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Environment } from '../environment.ts';

type PipelineStackProps = StackProps & {
  readonly environment: Environment;
  readonly pipeline: NonNullable<Environment['pipeline']>;
};

const issuer = 'token.actions.githubusercontent.com';

/**
 * The role with which a GitHub workflow deploys. GitHub's OIDC token proves the repository and the
 * environment of a job ("Configuring OpenID Connect in Amazon Web Services"). So no key is stored,
 * and the approvers of that environment decide on deployments.
 */
export class PipelineStack extends Stack {
  readonly role: Role;

  constructor(scope: Construct, id: string, { environment, pipeline, ...props }: PipelineStackProps) {
    super(scope, id, props);
    const { name, account } = environment;
    const provider = pipeline.makesProvider
      ? this.createProvider()
      : `arn:${this.partition}:iam::${account}:oidc-provider/${issuer}`;
    this.role = new Role(this, 'Role', {
      roleName: `sluice-${name}-pipeline`,
      description: `Deploys Sluice ${name} from ${pipeline.repository}`,
      // The first deployment creates databases. The credentials of a job must outlive that.
      maxSessionDuration: Duration.hours(2),
      assumedBy: new WebIdentityPrincipal(provider, {
        StringEquals: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:sub`]: `repo:${pipeline.repository}:environment:${name}`,
        },
      }),
    });
    for (const { actions, resources, conditions } of rightsOf(this, environment)) {
      this.role.addToPolicy(
        new PolicyStatement({
          actions: [...actions],
          resources: [...resources],
          ...(conditions === undefined ? {} : { conditions }),
        }),
      );
      for (const resource of resources.filter((each) => each.includes('*'))) this.acknowledge(resource);
    }
  }

  private createProvider(): string {
    const provider = new CfnOIDCProvider(this, 'GitHub', {
      url: `https://${issuer}`,
      clientIdList: ['sts.amazonaws.com'],
    });
    // The account has one provider, which its other environments also use to deploy. A failed
    // creation must not remove it either: CloudFormation has removed an existing one
    // (aws-cloudformation/cloudformation-coverage-roadmap#1048).
    provider.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return provider.attrArn;
  }

  private acknowledge(resource: string): void {
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`,
      reason:
        resource === '*'
          ? 'These actions only read or log in, and AWS supports no single resource for them'
          : 'AWS or CDK chooses a part of the name on creation',
    });
  }
}

type Right = {
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
    'ecr:GetAuthorizationToken',
    'ecs:DescribeServices',
    'ecs:DescribeTaskDefinition',
    'ecs:DescribeTasks',
    'ecs:ListTasks',
    'elasticloadbalancing:DescribeTargetHealth',
    'route53:GetHostedZone',
    'servicequotas:GetServiceQuota',
  ],
  resources: ['*'],
};

/**
 * Returns the rights for the calls that `npm run deploy` makes itself. Stacks are changed with the
 * roles that `cdk bootstrap` created.
 */
const rightsOf = (stack: Stack, { name, api }: Environment): Right[] => {
  const arn = (service: string, resource: string, region = stack.region) =>
    `arn:${stack.partition}:${service}:${region}:${stack.account}:${resource}`;
  return [
    { actions: ['sts:AssumeRole'], resources: [`arn:${stack.partition}:iam::${stack.account}:role/cdk-hnb659fds-*`] },
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
