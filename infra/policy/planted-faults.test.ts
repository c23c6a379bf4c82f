import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from './templates-of-tests.ts';
import { validate } from '../validation.ts';
import { findViolations, nextBaselines, formatFinding } from './check.ts';
import type { Resource, StackTemplate } from './template.ts';

// Each kind of check must catch a planted fault, with a message that names the place.

const environments = await readEnvironments();
const templates = await templatesOf(environments);
const prod = templates.filter(({ stack }) => stack.startsWith('prod/'));

type Planted = {
  readonly what: string;
  /** Plants the fault into prod. */
  readonly plant: (foundation: Planter) => void;
  readonly says: string | RegExp;
};

/** The foundation of prod, into which faults are planted. */
type Planter = {
  readonly template: StackTemplate;
  /** Returns the only resource whose id starts with `start`. */
  readonly find: (start: string) => Resource;
  readonly add: (Type: string, Properties: Record<string, unknown>, DeletionPolicy?: string) => void;
};

const createPlanter = (template: StackTemplate): Planter => ({
  template,
  find: (start) => {
    const [[, resource] = assert.fail(start), ...others] = Object.entries(template.Resources).filter(([id]) =>
      new RegExp(`^${start}[0-9A-F]{8}$`).test(id),
    );
    assert.equal(others.length, 0);
    return resource;
  },
  add: (Type, Properties, DeletionPolicy) => {
    template.Resources['Planted'] = { Type, Properties, DeletionPolicy };
  },
});

const policyOf = (statement: object) => ({ PolicyName: 'p', PolicyDocument: { Statement: [statement] } });
const lambdaOf = (more: object) => ({ Architectures: ['arm64'], LoggingConfig: { LogGroup: 'log' }, ...more });

const findings: readonly Planted[] = [
  {
    what: 'a public database',
    plant: ({ find }) => (find('DatabaseInstance').Properties['PubliclyAccessible'] = true),
    says: /^prod\/foundation DatabaseInstance\w+ \(AWS::RDS::DBInstance\) PubliclyAccessible: must be false: /,
  },
  {
    what: 'a password of the database',
    plant: ({ find }) => (find('DatabaseInstance').Properties['MasterUserPassword'] = '{{resolve:secretsmanager:x}}'),
    says: /\(AWS::RDS::DBInstance\) MasterUserPassword: must not be set/,
  },
  {
    what: 'MultiAZ without a second zone',
    plant: ({ template }) => {
      for (const { Type, Properties } of Object.values(template.Resources))
        if (Type === 'AWS::EC2::Subnet') Properties['AvailabilityZone'] = 'eu-central-1a';
    },
    says: /^prod\/foundation DatabaseInstance\w+ \(AWS::RDS::DBInstance\) MultiAZ: needs subnets in a second zone$/,
  },
  {
    what: 'a Multi-AZ queue without a second zone',
    plant: ({ find }) =>
      (find('QueueSubnets').Properties['SubnetIds'] = [{ Ref: 'NetworkVpcPrivateSubnet1Subnet6DD86AE6' }]),
    says: /^prod\/foundation QueueNodes\w+ \(AWS::ElastiCache::ReplicationGroup\) MultiAZEnabled: needs subnets in a second zone$/,
  },
  {
    what: 'a Multi-AZ queue without failover',
    plant: ({ find }) => (find('QueueNodes').Properties['AutomaticFailoverEnabled'] = false),
    says: /QueueNodes\w+ \(AWS::ElastiCache::ReplicationGroup\) MultiAZEnabled: needs AutomaticFailoverEnabled, and a replica/,
  },
  {
    what: 'a zone that CDK could not look up',
    plant: ({ find }) => (find('NetworkVpcPublicSubnet1Subnet').Properties['AvailabilityZone'] = 'dummy1a'),
    says: /^prod\/foundation NetworkVpcPublicSubnet1Subnet\w+ \(AWS::EC2::Subnet\) AvailabilityZone: must be a zone/,
  },
  {
    what: 'a subnet that assigns public addresses',
    plant: ({ find }) => (find('NetworkVpcPublicSubnet1Subnet').Properties['MapPublicIpOnLaunch'] = true),
    says: /\(AWS::EC2::Subnet\) MapPublicIpOnLaunch: must not be true/,
  },
  {
    what: 'a public load balancer',
    plant: ({ add }) => add('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internet-facing' }),
    says: 'prod/foundation Planted (AWS::ElasticLoadBalancingV2::LoadBalancer) Scheme: must be internal: only CloudFront is public',
  },
  {
    what: 'an unencrypted bucket',
    plant: ({ add }) => add('AWS::S3::Bucket', {}),
    says: 'prod/foundation Planted (AWS::S3::Bucket) BucketEncryption: must be set',
  },
  {
    what: 'a function that does not run on ARM',
    plant: ({ add }) => add('AWS::Lambda::Function', lambdaOf({ Architectures: ['x86_64'] })),
    says: 'prod/foundation Planted (AWS::Lambda::Function) Architectures: must be arm64',
  },
  {
    what: 'a function without a log group',
    plant: ({ add }) => add('AWS::Lambda::Function', lambdaOf({ LoggingConfig: undefined })),
    says: /Planted \(AWS::Lambda::Function\) LoggingConfig: must name a log group of the stack/,
  },
  {
    what: 'a task that does not run on ARM',
    plant: ({ add }) => add('AWS::ECS::TaskDefinition', { RuntimePlatform: { CpuArchitecture: 'X86_64' } }),
    says: 'prod/foundation Planted (AWS::ECS::TaskDefinition) RuntimePlatform: must be ARM64',
  },
  {
    what: 'logs without an expiry',
    plant: ({ add }) => add('AWS::Logs::LogGroup', {}, 'Delete'),
    says: 'prod/foundation Planted (AWS::Logs::LogGroup) RetentionInDays: must be set: otherwise logs are kept permanently',
  },
  {
    what: 'logs that outlive their stack',
    plant: ({ add }) => add('AWS::Logs::LogGroup', { RetentionInDays: 7 }, 'Retain'),
    says: 'prod/foundation Planted (AWS::Logs::LogGroup) DeletionPolicy: must be Delete: destroying an environment leaves nothing',
  },
  {
    what: 'an unknown effect',
    plant: ({ add }) => add('AWS::IAM::Policy', policyOf({ Effect: 'Alow', Action: 's3:GetObject', Resource: 'x' })),
    says: 'prod/foundation Planted (AWS::IAM::Policy) PolicyDocument.Statement.0.Effect: is "Alow", neither Allow nor Deny',
  },
  {
    what: 'a misspelt action',
    plant: ({ add }) =>
      add('AWS::IAM::Policy', policyOf({ Effect: 'Allow', Action: ['elasticache:Connect', 'elasticache:Conect'] })),
    says: 'prod/foundation Planted (AWS::IAM::Policy) PolicyDocument.Statement.0.Action: elasticache:Conect is not an AWS action',
  },
  {
    what: 'an action of an unknown service, in the policy of a bucket',
    plant: ({ add }) =>
      add('AWS::S3::BucketPolicy', { PolicyDocument: { Statement: [{ Effect: 'Deny', Action: 's4:*' }] } }),
    says: 'prod/foundation Planted (AWS::S3::BucketPolicy) PolicyDocument.Statement.0.Action: s4:* is not an AWS action',
  },
  {
    what: 'a policy of all actions except some',
    plant: ({ add }) => add('AWS::IAM::Policy', policyOf({ Effect: 'Allow', NotAction: 'iam:*' })),
    says: /Planted \(AWS::IAM::Policy\) PolicyDocument.Statement.0.NotAction: /,
  },
  {
    what: 'a secret in the environment of a function, by its name',
    plant: ({ add }) =>
      add(
        'AWS::Lambda::Function',
        lambdaOf({ Environment: { Variables: { DB_PASSWORD: 'x', DB_SECRET_ARN: 'arn' } } }),
      ),
    says: 'prod/foundation Planted (AWS::Lambda::Function) Environment.Variables.DB_PASSWORD: is a secret in an environment; pass its ARN, and let the process read it',
  },
  {
    what: 'a secret in the environment of a task, by its value',
    plant: ({ add }) =>
      add('AWS::ECS::TaskDefinition', {
        RuntimePlatform: { CpuArchitecture: 'ARM64' },
        ContainerDefinitions: [
          { Environment: [{ Name: 'WORD', Value: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', 'x}}']] } }] },
          { Environment: [{ Name: 'WORD', Value: '{{resolve:secretsmanager:x}}' }] },
        ],
      }),
    says: /Planted \(AWS::ECS::TaskDefinition\) ContainerDefinitions\.1\.Environment\.WORD: is a secret in an environment/,
  },
  {
    what: 'a secret that ECS passes in an environment',
    plant: ({ add }) =>
      add('AWS::ECS::TaskDefinition', {
        RuntimePlatform: { CpuArchitecture: 'ARM64' },
        ContainerDefinitions: [{ Secrets: [{ Name: 'WORD', ValueFrom: 'arn' }] }],
      }),
    says: /Planted \(AWS::ECS::TaskDefinition\) ContainerDefinitions\.0\.Secrets\.WORD: is a secret in an environment/,
  },
  {
    what: 'a secret in an output',
    plant: ({ template }) => (template.Outputs['Planted'] = { Value: '{{resolve:secretsmanager:x}}' }),
    says: 'prod/foundation Outputs.Planted.Value: shows a secret',
  },
  {
    what: 'a renamed database',
    plant: ({ find }) => (find('DatabaseInstance').Properties['DBName'] = 'other'),
    says: /^prod\/foundation DatabaseInstance\w+ \(AWS::RDS::DBInstance\): will replace, and loses its data; DBName "sluice" → "other"$/,
  },
  {
    what: 'a removed queue',
    plant: ({ template }) => {
      const id = Object.keys(template.Resources).find((key) => key.startsWith('QueueNodes')) ?? '';
      delete template.Resources[id];
    },
    says: /^prod\/foundation QueueNodes\w+ \(AWS::ElastiCache::ReplicationGroup\): will orphan|will destroy, and loses its data$/,
  },
  {
    what: 'a network with another address range',
    plant: ({ find }) => (find('NetworkVpc').Properties['CidrBlock'] = '10.99.0.0/16'),
    says: /^prod\/foundation NetworkVpc\w+ \(AWS::EC2::VPC\): will replace, .*; CidrBlock "10.40.0.0\/16" → "10.99.0.0\/16"$/,
  },
];

test('the templates have no findings, and match the committed baselines', async () => {
  assert.deepEqual((await findViolations(templates)).map(formatFinding), []);
  for (const { file, text } of nextBaselines(templates)) {
    assert.ok(readFileSync(file, 'utf8') === text, `${file} does not match the templates. Run: npm run baselines`);
  }
});

for (const { what, plant, says } of findings) {
  test(`finds ${what}`, async () => {
    const spoilt = structuredClone(prod);
    plant(createPlanter(spoilt.find(({ stack }) => stack === 'prod/foundation') ?? assert.fail()));
    const found = (await findViolations(spoilt)).map(formatFinding);
    assert.ok(
      found.some((finding) => (typeof says === 'string' ? finding === says : says.test(finding))),
      `${what} was not found; found: ${found.join('\n')}`,
    );
  });
}

test('an accepted loss of data is no finding', async () => {
  const spoilt = structuredClone(prod);
  createPlanter(spoilt.find(({ stack }) => stack === 'prod/foundation') ?? assert.fail()).find(
    'DatabaseInstance',
  ).Properties['DBName'] = 'other';
  assert.deepEqual(await findViolations(spoilt, { isLossAccepted: true }), []);
});

type Report = {
  readonly pluginReports: readonly {
    readonly violations: readonly {
      readonly ruleName: string;
      readonly severity: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
};

/**
 * Returns the findings of cdk-nag and CloudFormation's rules for an app during synthesis, as
 * `construct: rule`.
 */
const validateApp = (build: (stack: Stack) => void): string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-faults-'));
  try {
    const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../cdk.json'), 'utf8'));
    const app = new App({ context, outdir: folder });
    build(new Stack(app, 'stack', { env: { account: '111111111111', region: 'eu-central-1' } }));
    validate(app);
    assert.throws(() => app.synth(), /Validation failed/);
    const report: Report = JSON.parse(readFileSync(join(folder, 'validation-report.json'), 'utf8'));
    return report.pluginReports.flatMap(({ violations }) =>
      violations.flatMap(({ ruleName, severity, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => `${constructPath}: ${severity} ${ruleName}`),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('synthesis fails for violations of the rules of CloudFormation and cdk-nag', () => {
  const found = validateApp((stack) => {
    const vpc = new Vpc(stack, 'vpc', { availabilityZones: ['eu-central-1a'] });
    const open = new SecurityGroup(stack, 'open', { vpc });
    open.addIngressRule(Peer.anyIpv4(), Port.tcp(22));
    const role = new Role(stack, 'role', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    role.addToPolicy(new PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
    new CfnDBInstance(stack, 'database', { dbInstanceClass: 'db.t4g.micro', engine: 'mysql', storageEncrypted: false });
    const resource = (id: string, type: string, properties: object) => new CfnResource(stack, id, { type, properties });
    resource('typo', 'AWS::SQS::Queue', { QueuName: 'x' });
    resource('value', 'AWS::ECR::Repository', { ImageTagMutability: 'SOMETIMES' });
    resource('size', 'AWS::ECS::TaskDefinition', {
      RequiresCompatibilities: ['FARGATE'],
      NetworkMode: 'awsvpc',
      Cpu: '256',
      Memory: '8192',
      ContainerDefinitions: [{ Name: 'c', Image: 'i' }],
    });
  });
  for (const expected of [
    'stack/open/Resource: error AwsSolutions-EC23',
    'stack/role/DefaultPolicy/Resource: error AwsSolutions-IAM5[Action::s3:*]',
    'stack/role/DefaultPolicy/Resource: error AwsSolutions-IAM5[Resource::*]',
    'stack/database: error AwsSolutions-RDS2',
    'stack/typo: error F3002',
    'stack/size: error E3047',
    // With --strict a warning also fails `cdk synth`.
    'stack/value: warning W3030',
  ]) {
    assert.ok(found.includes(expected), `${expected} is missing: ${found.join('\n')}`);
  }
});
