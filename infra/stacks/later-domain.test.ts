import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { findHeavyGroups } from '../policy/group-weights.ts';
import type { StackTemplate } from '../policy/template.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { readEnvironments } from '../read-environments.ts';

// An environment gets a domain after its first deployment, or loses it: one update of each stack,
// in the order of a deployment, must be possible and keep the API available.

const environments = await readEnvironments();
const domain = { name: 'sluice.example.org', hostedZoneId: 'Z0123456789' };

type Change = {
  readonly name: string;
  readonly what: string;
  readonly before: StackTemplate[];
  readonly after: StackTemplate[];
};
const changes: Change[] = [];
// One of each kind of network and queue.
for (const name of ['dev', 'prod']) {
  const environment = environments.find((each) => each.name === name) ?? assert.fail(name);
  const without = await templatesOf([{ ...environment, domain: undefined }]);
  const withDomain = await templatesOf([{ ...environment, domain }]);
  changes.push({ name, what: 'gets a domain', before: without, after: withDomain });
  changes.push({ name, what: 'loses its domain', before: withDomain, after: without });
}

const find = (templates: readonly StackTemplate[], stack: string): StackTemplate =>
  templates.find((template) => template.stack.endsWith(`/${stack}`)) ?? assert.fail(stack);

const idsOf = ({ Resources }: StackTemplate, type: string): string[] =>
  Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id]) => id);

const dependent = z.looseObject({
  DependsOn: z.union([z.string().transform((id) => [id]), z.array(z.string())]).default([]),
});

/** Returns the ids of all resources that exist before a resource. */
const existBefore = ({ Resources }: StackTemplate, id: string, seen = new Set<string>()): Set<string> => {
  const resource = Resources[id];
  const named = [...JSON.stringify(resource?.Properties ?? {}).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)];
  for (const other of [...named.map(([, ref = '']) => ref), ...dependent.parse(resource ?? {}).DependsOn]) {
    if (seen.has(other) || Resources[other] === undefined) continue;
    seen.add(other);
    existBefore({ stack: '', Outputs: {}, Resources }, other, seen);
  }
  return seen;
};

const origin = z.object({ VpcOriginEndpointConfig: z.object({ Name: z.string(), OriginProtocolPolicy: z.string() }) });

for (const { name, what, before, after } of changes) {
  test(`${name} ${what}: the network, which is deployed before the listeners, stays the same`, () => {
    assert.deepEqual(find(after, 'foundation').Resources, find(before, 'foundation').Resources);
  });

  test(`${name} ${what}: no security group exceeds its rules meanwhile`, () => {
    for (const template of after) {
      const old = before.find(({ stack }) => stack === template.stack);
      assert.deepEqual(findHeavyGroups(template, old), []);
    }
  });

  test(`${name} ${what}: no VPC origin in use is changed, and the new one has another name`, () => {
    const [old, next] = [find(before, 'app'), find(after, 'app')];
    const type = 'AWS::CloudFront::VpcOrigin';
    const [oldId = '', ...more] = idsOf(old, type);
    const [nextId = '', ...others] = idsOf(next, type);
    assert.deepEqual([more, others], [[], []]);
    // The same id would be an update, which CloudFront refuses.
    assert.notEqual(oldId, nextId);
    const [from, to] = [old.Resources[oldId], next.Resources[nextId]].map(
      (resource) => origin.parse(resource?.Properties).VpcOriginEndpointConfig,
    );
    assert.notEqual(from?.Name, to?.Name);
    assert.notEqual(from?.OriginProtocolPolicy, to?.OriginProtocolPolicy);
  });

  test(`${name} ${what}: the old listener goes only after CloudFront uses the new one`, () => {
    const [old, next] = [find(before, 'app'), find(after, 'app')];
    const listener = 'AWS::ElasticLoadBalancingV2::Listener';
    const [oldId = ''] = idsOf(old, listener);
    const [nextId = ''] = idsOf(next, listener);
    // Another id, so CloudFormation removes the old listener at the end of the update.
    assert.notEqual(oldId, nextId);
    const [distribution = ''] = idsOf(next, 'AWS::CloudFront::Distribution');
    assert.ok(existBefore(next, distribution).has(nextId));
    // Resources are removed in the reverse order of their creation: first the old origin.
    const [oldOrigin = ''] = idsOf(old, 'AWS::CloudFront::VpcOrigin');
    assert.ok(existBefore(old, oldOrigin).has(oldId));
    // The targets, which the services use, stay.
    assert.deepEqual(
      idsOf(old, 'AWS::ElasticLoadBalancingV2::TargetGroup').map((id) => old.Resources[id]),
      idsOf(next, 'AWS::ElasticLoadBalancingV2::TargetGroup').map((id) => next.Resources[id]),
    );
  });
}
