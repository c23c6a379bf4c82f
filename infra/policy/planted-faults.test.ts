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
import type { Resource } from './template.ts';

// Each kind of check must catch a planted fault, with a message that names the place.

const environments = await readEnvironments();
const templates = await templatesOf(environments);
const prod = templates.filter(({ stack }) => stack.startsWith('prod/'));

test('the templates have no findings, and match the committed baselines', () => {
  assert.deepEqual(findViolations(templates).map(formatFinding), []);
  for (const { file, text } of nextBaselines(templates)) {
    assert.ok(readFileSync(file, 'utf8') === text, `${file} does not match the templates. Run: npm run baselines`);
  }
});

/** The foundation of prod, into which faults are planted. */
const plantInto = () => {
  const spoilt = structuredClone(prod);
  const template = spoilt.find(({ stack }) => stack === 'prod/foundation') ?? assert.fail();
  /** Returns the only resource whose id starts with `start`. */
  const find = (start: string): [id: string, resource: Resource] => {
    const isIt = new RegExp(`^${start}[0-9A-F]{8}$`);
    const [found = assert.fail(start), ...others] = Object.entries(template.Resources).filter(([id]) => isIt.test(id));
    assert.equal(others.length, 0);
    return found;
  };
  const assertFound = (says: string) => {
    const found = findViolations(spoilt).map(formatFinding);
    assert.ok(
      found.some((finding) => finding.includes(says)),
      `${says} was not found; found: ${found.join('\n')}`,
    );
  };
  return { spoilt, template, find, assertFound };
};

const oneZone = [{ Ref: 'NetworkVpcPrivateSubnet1Subnet6DD86AE6' }];

// Properties of resources of the foundation, and their findings.
for (const [start, property, value, says] of [
  ['DatabaseInstance', 'MasterUserPassword', '{{resolve:secretsmanager:x}}', 'MasterUserPassword: contains a secret'],
  [
    'DatabaseInstanceSubnetGroup',
    'SubnetIds',
    oneZone,
    '(AWS::RDS::DBInstance) MultiAZ: needs subnets in a second zone',
  ],
  ['QueueSubnets', 'SubnetIds', oneZone, 'MultiAZEnabled: needs subnets in a second zone'],
  ['QueueNodes', 'AutomaticFailoverEnabled', false, 'MultiAZEnabled: needs AutomaticFailoverEnabled, and a replica'],
  ['NetworkVpcPublicSubnet1Subnet', 'AvailabilityZone', 'dummy1a', 'AvailabilityZone: must be a zone'],
  ['NetworkVpcPublicSubnet1Subnet', 'MapPublicIpOnLaunch', true, 'MapPublicIpOnLaunch: must not be true'],
  ['DatabaseInstance', 'DBName', 'other', 'will replace, and loses its data; DBName "sluice" → "other"'],
  ['NetworkVpc', 'CidrBlock', '10.99.0.0/16', 'CidrBlock "10.40.0.0/16" → "10.99.0.0/16"'],
] as const) {
  test(`finds a wrong ${property} of ${start}`, () => {
    const { find, assertFound } = plantInto();
    find(start)[1].Properties[property] = value;
    assertFound(says);
  });
}

const arm = { Architectures: ['arm64'], LoggingConfig: { LogGroup: 'log' } };
const armTask = { RuntimePlatform: { CpuArchitecture: 'ARM64' } };
const environmentOf = (Value: unknown) => ({ Environment: [{ Name: 'WORD', Value }] });
const secret = '{{resolve:secretsmanager:x}}';

// Added resources, and their findings.
for (const [type, properties, says] of [
  ['ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internet-facing' }, 'Scheme: must be internal'],
  ['EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }, 'PolicyDocument: must be set: without a policy'],
  ['Lambda::Function', { ...arm, Architectures: ['x86_64'] }, 'Architectures: must be arm64'],
  ['Lambda::Function', { Architectures: ['arm64'] }, 'LoggingConfig: must name a log group of the stack'],
  ['ECS::TaskDefinition', { RuntimePlatform: { CpuArchitecture: 'X86_64' } }, 'RuntimePlatform: must be ARM64'],
  ['Logs::LogGroup', { RetentionInDays: 7 }, 'DeletionPolicy: must be Delete'],
  [
    'Lambda::Function',
    { ...arm, Environment: { Variables: { DB_PASSWORD: 'x' } } },
    'Variables.DB_PASSWORD: is a secret',
  ],
  [
    'ECS::TaskDefinition',
    { ...armTask, ContainerDefinitions: [environmentOf({ 'Fn::Join': ['', ['{{resolve:secretsmanager:', 'x}}']] })] },
    'ContainerDefinitions.0.Environment.WORD: is a secret in an environment',
  ],
  [
    'ECS::TaskDefinition',
    { ...armTask, ContainerDefinitions: [environmentOf(secret)] },
    'ContainerDefinitions.0.Environment.WORD: is a secret in an environment',
  ],
  [
    'ECS::TaskDefinition',
    { ...armTask, ContainerDefinitions: [{ Secrets: [{ Name: 'WORD', ValueFrom: 'arn' }] }] },
    'ContainerDefinitions.0.Secrets.WORD: is a secret in an environment',
  ],
] as const) {
  test(`finds a wrong ${type}: ${says}`, () => {
    const { template, assertFound } = plantInto();
    template.Resources['Planted'] = { Type: `AWS::${type}`, Properties: properties };
    assertFound(`prod/foundation Planted (AWS::${type}) `);
    assertFound(says);
  });
}

test('finds an output of another stack that is split, wherever it is', () => {
  const output = { 'Fn::GetStackOutput': { StackName: 'sluice-prod-registry', OutputName: 'Arn' } };
  const nested = { 'Fn::Select': [4, { 'Fn::Split': [':', { 'Fn::Join': ['', ['x', output]] }] }] };
  const { template, assertFound } = plantInto();
  template.Resources['Planted'] = {
    Type: 'AWS::SNS::Topic',
    Properties: { TopicName: { 'Fn::Join': ['', [nested]] } },
  };
  template.Outputs['Split'] = { Value: { 'Fn::Split': [':', output] } };
  assertFound('prod/foundation Planted (AWS::SNS::Topic) TopicName.Fn::Join.1.0.Fn::Select.1.Fn::Split');
  assertFound('Fn::Split does not take Fn::GetStackOutput');
  assertFound('prod/foundation Outputs.Split.Value.Fn::Split.1: Fn::Split does not take');
});

test('finds a group with more rules than it may have: a prefix list counts for many', () => {
  const { template, find, assertFound } = plantInto();
  const [id] = find('NetworkGroupsLoadBalancer');
  template.Resources['Planted'] = {
    Type: 'AWS::EC2::SecurityGroupIngress',
    Properties: {
      GroupId: { Ref: id },
      IpProtocol: 'tcp',
      FromPort: 443,
      ToPort: 443,
      SourcePrefixListId: 'pl-a3a144ca',
    },
  };
  assertFound(`prod/foundation ${id} (AWS::EC2::SecurityGroup) inbound: counts as 110 rules`);
});

test('finds a removed queue', () => {
  const { template, find, assertFound } = plantInto();
  const [id] = find('QueueNodes');
  delete template.Resources[id];
  assertFound('(AWS::ElastiCache::ReplicationGroup): will');
});

test('an accepted loss of data is no finding', () => {
  const { spoilt, find } = plantInto();
  find('DatabaseInstance')[1].Properties['DBName'] = 'other';
  assert.deepEqual(findViolations(spoilt, { isLossAccepted: true }), []);
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
