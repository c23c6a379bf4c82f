import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makerOf } from './interfaces.ts';
import { checkLeftovers, formatLeftovers, typeOf } from './leftovers.ts';

const arn = (rest: string) => `arn:aws:${rest}`;

test('the kind of a resource is read from each of the ways in which ARNs are written', () => {
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

test('what is paid for comes first, and a kind that nobody knows is taken to be paid for', () => {
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

test('a last snapshot is kept on purpose where the environment is protected, and left behind where it is not', () => {
  const snapshot = arn('rds:eu-central-1:2:snapshot:one');
  assert.equal(checkLeftovers([snapshot], true)[0]?.kind, 'kept');
  assert.equal(checkLeftovers([snapshot], false)[0]?.kind, 'billable');
});

test('the key of a topic, which KMS deletes 30 days later and takes nothing for, is kept: nobody could remove it sooner', () => {
  const key = arn('kms:eu-central-1:3:key/1234abcd-12ab-34cd-56ef-1234567890ab');
  assert.equal(checkLeftovers([key], false)[0]?.kind, 'kept');
});

test('what makes the account believe GitHub is kept: other environments are deployed by it', () => {
  const provider = arn('iam::2:oidc-provider/token.actions.githubusercontent.com');
  assert.equal(checkLeftovers([provider], false)[0]?.kind, 'kept');
});

test('network interfaces are told by who made them; those of load balancers and databases are nobody’s to wait for', () => {
  assert.equal(makerOf({ InterfaceType: 'lambda', Description: 'AWS Lambda VPC ENI-one' }), 'Lambda');
  assert.equal(makerOf({ TagSet: [{ Key: 'aws.cloudfront.vpcorigin', Value: 'enabled' }] }), 'CloudFront');
  assert.equal(makerOf({ Groups: [{ GroupName: 'CloudFront-VPCOrigins-Service-SG' }] }), 'CloudFront');
  assert.equal(makerOf({ Description: 'RDSNetworkInterface' }), undefined);
});
