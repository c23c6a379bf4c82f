import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkedServicesOf } from './linked-services.ts';
import { findTexts } from './policy/template.ts';
import { templatesOf } from './policy/templates-of-tests.ts';
import { readEnvironments } from './read-environments.ts';

/** The service of each type of resource that needs a service-linked role. */
const services: Readonly<Record<string, string>> = {
  'AWS::CloudFront::VpcOrigin': 'vpcorigin.cloudfront.amazonaws.com',
  'AWS::ECS::Cluster': 'ecs.amazonaws.com',
  'AWS::ElastiCache::ReplicationGroup': 'elasticache.amazonaws.com',
  'AWS::ElastiCache::ServerlessCache': 'elasticache.amazonaws.com',
  'AWS::ElasticLoadBalancingV2::LoadBalancer': 'elasticloadbalancing.amazonaws.com',
  'AWS::RDS::DBInstance': 'rds.amazonaws.com',
};

const environments = await readEnvironments();
const templates = await templatesOf(environments);

test('the linked services are those of the templates: of their resources, and of the roles that they name', () => {
  for (const environment of environments) {
    const own = templates.filter(({ stack }) => stack.startsWith(`${environment.name}/`));
    const ofResources = own.flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => services[Type]));
    const named = own.flatMap(({ Resources }) =>
      findTexts(Resources, '').map(({ text }) => /aws-service-role\/([\w.-]+)\//.exec(text)?.[1]),
    );
    const needed = [...new Set([...ofResources, ...named])].filter((service) => service !== undefined);
    assert.deepEqual(linkedServicesOf(environment).toSorted(), needed.toSorted(), environment.name);
  }
});
