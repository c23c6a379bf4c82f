import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Template } from 'aws-cdk-lib/assertions';
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

  test(`${name}: ${network.natGateways} NAT gateways, a gateway endpoint of S3, and the configured interface endpoints and flow logs`, () => {
    const template = Template.fromJSON(foundationOf(name));
    template.resourceCountIs('AWS::EC2::NatGateway', network.natGateways);
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

/** Allowed connections of every environment; below, the differences. */
const everywhere = [
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

const expected: Readonly<Record<string, { readonly into: readonly string[]; readonly outOf: readonly string[] }>> = {
  ...Object.fromEntries(
    ['test', 'dev', 'stage'].map((name) => [
      name,
      { into: [`${cloudFront} → LoadBalancer 80`], outOf: callers.map((caller) => `${caller} → 0.0.0.0/0 443`) },
    ]),
  ),
  named: {
    into: [`${cloudFront} → LoadBalancer 443`],
    outOf: callers.map((caller) => `${caller} → 0.0.0.0/0 443`),
  },
  prod: {
    into: [`${cloudFront} → LoadBalancer 80`, ...callers.map((caller) => `${caller} → Endpoints 443`)],
    outOf: callers.flatMap((caller) => [`${caller} → Endpoints 443`, `${caller} → ${s3} 443`]),
  },
};

const formatEdges = (edges: readonly Edge[]): string[] =>
  edges.map(({ from, to, port }) => `${from} → ${to} ${port}`).toSorted();

for (const [name, own] of Object.entries(expected)) {
  test(`${name}: only these connections are possible`, () => {
    const { into, outOf } = readEdges(foundationOf(name));
    assert.deepEqual(formatEdges(into), [...everywhere, ...own.into].toSorted());
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
  assert.deepEqual(added, ['0.0.0.0/0 → Database 3306', '::/0 → Database all', `${cloudFront} → LoadBalancer 80`]);
});
