import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makerOf } from './interfaces.ts';
import { checkLeftovers, formatLeftovers, typeOf } from './leftovers.ts';

const arn = (rest: string) => `arn:aws:${rest}`;

test('reads the type of a resource from each format of ARNs', () => {
  const kinds = {
    's3:::sluice-dev-page': 's3',
    'sns:eu-central-1:222222222222:sluice-dev': 'sns',
    'rds:eu-central-1:222222222222:db:sluice-dev': 'rds:db',
    'rds:eu-central-1:222222222222:snapshot:sluice-prod-last': 'rds:snapshot',
    'ec2:eu-central-1:222222222222:natgateway/nat-1': 'ec2:natgateway',
    'logs:eu-central-1:222222222222:log-group:/aws/lambda/one': 'logs:log-group',
    'elasticloadbalancing:eu-central-1:222222222222:loadbalancer/app/one/1': 'elasticloadbalancing:loadbalancer',
    'cloudfront::222222222222:distribution/E1': 'cloudfront:distribution',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(kinds).map((rest) => [rest, typeOf(arn(rest))])), kinds);
});

test('billable resources come first, and an unknown type counts as billable', () => {
  const arns = [
    'ec2:eu-central-1:2:vpc/vpc-1',
    'ec2:eu-central-1:2:natgateway/nat-1',
    'odd:eu-central-1:2:thing/1',
  ].map(arn);
  assert.deepEqual(formatLeftovers(checkLeftovers(arns, false)), [
    'billable  arn:aws:ec2:eu-central-1:2:natgateway/nat-1',
    'billable  arn:aws:odd:eu-central-1:2:thing/1',
    'free      arn:aws:ec2:eu-central-1:2:vpc/vpc-1',
  ]);
});

test('a final snapshot is retained in a protected environment, and billable in any other', () => {
  const snapshot = arn('rds:eu-central-1:2:snapshot:one');
  assert.equal(checkLeftovers([snapshot], true)[0]?.kind, 'retained');
  assert.equal(checkLeftovers([snapshot], false)[0]?.kind, 'billable');
});

test('the key of a topic is retained: KMS deletes it 30 days later, without charge', () => {
  const key = arn('kms:eu-central-1:3:key/1234abcd-12ab-34cd-56ef-1234567890ab');
  assert.equal(checkLeftovers([key], false)[0]?.kind, 'retained');
});

test('a NAT instance is retained: its stack terminated it, and EC2 lists it for an hour', () => {
  assert.equal(checkLeftovers([arn('ec2:eu-central-1:2:instance/i-1')], false)[0]?.kind, 'retained');
});

test('the OIDC provider of GitHub is retained: other environments deploy with it', () => {
  const provider = arn('iam::2:oidc-provider/token.actions.githubusercontent.com');
  assert.equal(checkLeftovers([provider], false)[0]?.kind, 'retained');
});

test('recognizes the network interfaces of Lambda and CloudFront, and ignores those of load balancers and databases', () => {
  assert.equal(makerOf({ InterfaceType: 'lambda', Description: 'AWS Lambda VPC ENI-one' }), 'Lambda');
  assert.equal(makerOf({ TagSet: [{ Key: 'aws.cloudfront.vpcorigin', Value: 'enabled' }] }), 'CloudFront');
  assert.equal(makerOf({ Groups: [{ GroupName: 'CloudFront-VPCOrigins-Service-SG' }] }), 'CloudFront');
  assert.equal(makerOf({ Description: 'RDSNetworkInterface' }), undefined);
});
