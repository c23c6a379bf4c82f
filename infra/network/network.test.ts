import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { readEdges, type Edge } from '../policy/connections-of-tests.ts';
import type { StackTemplate } from '../policy/template.ts';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';

const environments = await readEnvironments();
const [testing] = environments;
assert.ok(testing !== undefined);
const withDomain = { ...testing, name: 'named', domain: { name: 'sluice.example.org', hostedZoneId: 'Z0123456789' } };
const templates = await templatesOf([...environments, withDomain]);

const foundationOf = (name: string): StackTemplate => {
  const found = templates.find(({ stack }) => stack === `${name}/foundation`);
  assert.ok(found !== undefined);
  return found;
};

for (const { name, network } of environments) {
  test(`${name}: a public and a private subnet in each of ${network.zones.join(', ')}`, () => {
    const subnets = Object.values(foundationOf(name).Resources).filter(({ Type }) => Type === 'AWS::EC2::Subnet');
    const zones = subnets.map(({ Properties }) => String(Properties['AvailabilityZone']));
    assert.deepEqual(zones.toSorted(), [...network.zones, ...network.zones].toSorted());
    for (const { Properties } of subnets) assert.equal(Properties['MapPublicIpOnLaunch'], false);
  });

  test(`${name}: NAT by ${network.natGateways} × ${network.nat}, a gateway endpoint of S3, and the configured interface endpoints and flow logs`, () => {
    const template = Template.fromJSON(foundationOf(name));
    const { nat, natGateways, zones } = network;
    template.resourceCountIs('AWS::EC2::NatGateway', nat === 'gateway' ? natGateways : 0);
    template.resourceCountIs('AWS::EC2::EIP', nat === 'gateway' ? natGateways : 0);
    template.resourceCountIs('AWS::EC2::Instance', nat === 'instance' ? natGateways : 0);
    const routes = Object.entries(template.findResources('AWS::EC2::Route'));
    const targetsOf = (kind: 'Public' | 'Private') =>
      routes
        .filter(([id]) => id.includes(`${kind}Subnet`))
        .map(([, { Properties }]) => {
          assert.equal(Properties.DestinationCidrBlock, '0.0.0.0/0');
          return ['GatewayId', 'NatGatewayId', 'InstanceId'].find((target) => target in Properties);
        });
    const target = { gateway: 'NatGatewayId', instance: 'InstanceId' };
    assert.deepEqual(
      targetsOf('Public'),
      zones.map(() => 'GatewayId'),
    );
    assert.deepEqual(targetsOf('Private'), nat === 'none' ? [] : zones.map(() => target[nat]));
    const endpoints = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(
      ({ Properties }) => Properties,
    );
    const gateways = endpoints.filter(({ VpcEndpointType }) => VpcEndpointType === 'Gateway');
    assert.deepEqual(
      gateways.map(({ ServiceName, RouteTableIds }) => [
        JSON.stringify(ServiceName).includes('.s3'),
        RouteTableIds.length,
      ]),
      [[true, network.zones.length]],
    );
    const services = endpoints
      .filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface')
      .map(({ ServiceName }) => String(ServiceName));
    assert.deepEqual(
      services.toSorted(),
      network.hasInterfaceEndpoints
        ? ['ecr.api', 'ecr.dkr', 'logs', 'secretsmanager'].map((service) => `com.amazonaws.eu-central-1.${service}`)
        : [],
    );
    for (const { VpcEndpointType, SecurityGroupIds } of endpoints) {
      if (VpcEndpointType !== 'Interface') continue;
      assert.match(
        JSON.stringify(SecurityGroupIds),
        /^\[\{"Fn::GetAtt":\["NetworkGroupsEndpoints\w+","GroupId"\]\}\]$/,
      );
    }
    template.resourceCountIs('AWS::EC2::FlowLog', network.hasFlowLogs ? 1 : 0);
  });
}

test('without NAT, each AWS service that something in the network calls has an endpoint', () => {
  const repository = join(import.meta.dirname, '../..');
  const sources = globSync(['apps/{producer,consumer,database-setup}/**/*.ts', 'packages/**/*.ts'], {
    cwd: repository,
    exclude: ['**/node_modules/**', '**/*.test.ts'],
  });
  const text = sources.map((file) => readFileSync(join(repository, file), 'utf8')).join('\n');
  const clients = text.match(/@aws-sdk\/client-[a-z0-9-]+/g);
  assert.deepEqual([...new Set(clients)], ['@aws-sdk/client-secrets-manager']);
  const needed = [
    // Tasks on Fargate ("Amazon ECR interface VPC endpoints"): images, whose layers are in S3, and
    // logs. Lambda fetches code and writes logs outside the network.
    ...['ecr.api', 'ecr.dkr', 's3', 'logs'],
    // The processes, and AWS's function that rotates their passwords. IAM tokens for Valkey are
    // signed without a call. The set-up answers CloudFormation through S3.
    'secretsmanager',
  ];
  for (const { name } of environments.filter(({ network }) => network.nat === 'none')) {
    const template = Template.fromJSON(foundationOf(name));
    const found = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => {
      // Without it, the SDK finds the public address of the service.
      if (Properties.VpcEndpointType === 'Interface') assert.equal(Properties.PrivateDnsEnabled, true);
      const service = JSON.stringify(Properties.ServiceName);
      return needed.find((each) => service.includes(`.${each}"`));
    });
    assert.deepEqual(new Set(found), new Set(needed), name);
    assert.equal(found.length, needed.length);
  }
});

test('the NAT instance is a patched Amazon Linux that forwards, and its creation waits until it does', () => {
  const template = Template.fromJSON(foundationOf('dev'));
  const [[id, machine] = assert.fail()] = Object.entries(template.findResources('AWS::EC2::Instance'));
  template.hasResource('AWS::EC2::Instance', {
    CreationPolicy: { ResourceSignal: { Timeout: 'PT10M' } },
    Properties: {
      SourceDestCheck: false,
      InstanceType: 't4g.micro',
      CreditSpecification: { CPUCredits: 'standard' },
      MetadataOptions: { HttpTokens: 'required' },
      BlockDeviceMappings: [{ Ebs: Match.objectLike({ Encrypted: true, DeleteOnTermination: true }) }],
      KeyName: Match.absent(),
    },
  });
  // No synthesis looks the image up, and each deployment gets the newest.
  const image = machine['Properties'].ImageId.Ref;
  assert.deepEqual(template.findParameters(image)[image], {
    Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
    Default: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64',
  });
  const script = String(machine['Properties'].UserData['Fn::Base64']);
  assert.deepEqual(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' }).stderr, '');
  assert.match(script, new RegExp(`cfn-signal --stack sluice-dev-foundation --resource ${id} .* -e \\$exitCode`));
  assert.match(script, /\nset -e\nuntil yum install iptables-services -y; do sleep 5; done\n/);
  assert.match(script, /ip_forward=1[^]*-t nat -A POSTROUTING .* -j MASQUERADE/);
});

/** Allowed connections of every environment; below, the differences. */
const everywhere = [
  'LoadBalancer → Producer 8080',
  // For tasks of release 0.1.0.
  'LoadBalancer → Producer 80',
  'Producer → Database 3306',
  'Producer → Queue 6379',
  'Consumer → Database 3306',
  'Consumer → Queue 6379',
  'DatabaseSetup → Database 3306',
  'Rotation → Database 3306',
];
const callers = ['Producer', 'Consumer', 'DatabaseSetup', 'Rotation'];
const cloudFront = 'pl-a3a144ca';
const s3 = 'pl-6ea54007';

const intoNat = callers.map((caller) => `${caller} → NatSecurityGroup 443`);
const outByNat = [...callers, 'NatSecurityGroup'].map((caller) => `${caller} → 0.0.0.0/0 443`);

const expected: Readonly<Record<string, { readonly into: readonly string[]; readonly outOf: readonly string[] }>> = {
  ...Object.fromEntries(['test', 'dev', 'named'].map((name) => [name, { into: intoNat, outOf: outByNat }])),
  stage: {
    into: [],
    outOf: callers.map((caller) => `${caller} → 0.0.0.0/0 443`),
  },
  prod: {
    into: callers.map((caller) => `${caller} → Endpoints 443`),
    outOf: callers.flatMap((caller) => [`${caller} → Endpoints 443`, `${caller} → ${s3} 443`]),
  },
};

const formatEdges = (edges: readonly Edge[]): string[] =>
  edges.map(({ from, to, port }) => `${from} → ${to} ${port}`).toSorted();

for (const [name, own] of Object.entries(expected)) {
  test(`${name}: only these connections are possible`, () => {
    const { into, outOf } = readEdges(foundationOf(name));
    // The same with a domain and without.
    const fromCloudFront = [`${cloudFront} → LoadBalancer 80`, `${cloudFront} → LoadBalancerTls 443`];
    assert.deepEqual(formatEdges(into), [...everywhere, ...fromCloudFront, ...own.into].toSorted());
    assert.deepEqual(formatEdges(outOf), [...everywhere, ...own.outOf].toSorted());
  });
}

test('finds additional inbound rules of a group, in its own list or as separate resources', () => {
  const template = structuredClone(foundationOf('test'));
  const [id, group] =
    Object.entries(template.Resources).find(([key]) => /^NetworkGroupsDatabase[0-9A-F]{8}$/.test(key)) ?? assert.fail();
  group.Properties['SecurityGroupIngress'] = [{ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 3306, ToPort: 3306 }];
  template.Resources['Other'] = {
    Type: 'AWS::EC2::SecurityGroupIngress',
    Properties: { GroupId: { 'Fn::GetAtt': [id, 'GroupId'] }, CidrIpv6: '::/0', IpProtocol: '-1' },
  };
  const added = formatEdges(readEdges(template).into).filter((edge) => !everywhere.includes(edge));
  const own = [...intoNat, `${cloudFront} → LoadBalancer 80`, `${cloudFront} → LoadBalancerTls 443`];
  assert.deepEqual(added, [...own, '0.0.0.0/0 → Database 3306', '::/0 → Database all'].toSorted());
});
