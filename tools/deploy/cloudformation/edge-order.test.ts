import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@sluice/infra/policy/template.ts';
import { orderOfEdge } from './edge-order.ts';
import { planOf } from './plan.ts';

type Resources = Readonly<Record<string, Resource>>;

const certificateOf = (DomainName: string, HostedZoneId = 'Z1'): Resources => ({
  Certificate: {
    Type: 'AWS::CertificateManager::Certificate',
    Properties: {
      DomainName,
      DomainValidationOptions: [{ DomainName, HostedZoneId }],
      ValidationMethod: 'DNS',
    },
  },
});
const firewallOf = (limit: number): Resources => ({
  Firewall: {
    Type: 'AWS::WAFv2::WebACL',
    Properties: {
      ...{ Name: 'sluice-dev', Scope: 'CLOUDFRONT', DefaultAction: { Allow: {} } },
      Rules: [
        { Name: 'rate', Priority: 0, Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: limit } } },
      ],
    },
  },
});

/** Returns the place of the edge stack when its resources change. */
const orderOf = (before: Resources, after: Resources) => {
  const templateOf = (Resources: Resources) => ({ stack: 'dev/edge', Resources, Outputs: {} });
  const { changes } = planOf([{ before: templateOf(before), after: templateOf(after) }], 'eu-central-1');
  return orderOfEdge('dev', changes);
};

const certificate = certificateOf('one.example.org');

test('a certificate and a firewall exist before the app stack, and go after it', () => {
  for (const each of [certificate, firewallOf(100)]) {
    assert.equal(orderOf({}, each), 'first');
    assert.equal(orderOf(each, each), 'first');
    assert.equal(orderOf(each, {}), 'last');
  }
  assert.equal(orderOf(firewallOf(100), firewallOf(200)), 'first');
  assert.equal(orderOf({ ...certificate, ...firewallOf(100) }, firewallOf(200)), 'last');
});

test('an exchange is refused with the way out: another name, another zone, a firewall for a domain', () => {
  for (const [before, after, name] of [
    [certificate, certificateOf('two.example.org'), 'Certificate'],
    [certificate, certificateOf('one.example.org', 'Z2'), 'Certificate'],
    [firewallOf(100), certificate, 'Firewall'],
  ] as const) {
    const order = orderOf(before, after);
    if (typeof order === 'string') assert.fail(order);
    assert.match(order.what, new RegExp(`^CloudFront uses the old ${name} until it has the new one`));
    assert.match(order.fix, /infra\/environments\/dev\.ts and deploy, then set the new one and deploy again$/);
  }
});

test('changes of other stacks do not matter', () => {
  assert.equal(orderOfEdge('dev', [{ stack: 'dev/app', resource: 'Listener', impact: 'deleted' }]), 'first');
});
