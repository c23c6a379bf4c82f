import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { EnvironmentStage } from './environment-stage.ts';
import type { Environment } from './schema/environment.ts';
import { findViolations } from './policy/check.ts';
import { readEnvironments } from './read-environments.ts';
import type { StackTemplate } from './policy/template.ts';
import { synthesize } from './synthesize.ts';
import { templatesOf } from './policy/templates-of-tests.ts';

const environments = await readEnvironments();
const find = (name: string): Environment => environments.find((each) => each.name === name) ?? assert.fail();
const named = {
  ...find('test'),
  name: 'named',
  domain: { name: 'sluice.example.org', hostedZoneId: 'Z0123456789' },
  pipeline: { repository: 'example/sluice', makesProvider: true },
};
const open: Environment = {
  ...find('test'),
  name: 'open',
  api: { access: 'open' },
  firewall: { requestsPerFiveMinutes: 1_000 },
};
const templates = await templatesOf([...environments, named, open]);
const templateOf = (stack: string): Template =>
  Template.fromJSON(templates.find((template) => template.stack === stack) ?? assert.fail());

test('stacks have the name and the protection of their environment, and the edge is in us-east-1', () => {
  // Without the bundle, which this test does not need.
  const context = { 'aws:cdk:bundling-stacks': [] };
  const stage = (name: string) => new EnvironmentStage(new App({ context }), find(name));
  for (const [name, isProtected] of [
    ['stage', false],
    ['prod', true],
  ] as const) {
    const { edge, registry, foundation, app } = stage(name);
    assert.deepEqual(
      [edge, registry, foundation, app].map((stack) => [stack?.stackName, stack?.region, stack?.terminationProtection]),
      ['edge', 'registry', 'foundation', 'app'].map((stack) => [
        `sluice-${name}-${stack}`,
        stack === 'edge' ? 'us-east-1' : 'eu-central-1',
        isProtected,
      ]),
    );
  }
  assert.equal(stage('test').edge, undefined);
});

test('the registry is deployed before the app, which names its images literally', () => {
  const { registry, app } = new EnvironmentStage(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), find('dev'));
  assert.ok(app.dependencies.includes(registry));
});

test('every resource that supports tags has those of its environment', () => {
  const tags = {
    Tags: Match.arrayWith([
      { Key: 'application', Value: 'sluice' },
      { Key: 'environment', Value: 'dev' },
    ]),
  };
  const foundation = templateOf('dev/foundation');
  for (const kind of ['EC2::VPC', 'RDS::DBInstance', 'ElastiCache::ServerlessCache', 'SecretsManager::Secret']) {
    foundation.hasResourceProperties(`AWS::${kind}`, tags);
  }
  templateOf('dev/registry').allResourcesProperties('AWS::ECR::Repository', tags);
});

test('a stack refers to the outputs of another stack without blocking changes to it', () => {
  const stage = new EnvironmentStage(
    new App({ context: { '@aws-cdk/core:defaultCrossStackReferences': 'weak', 'aws:cdk:bundling-stacks': [] } }),
    find('prod'),
  );
  const consumer = new Stack(stage, 'consumer', { env: { account: stage.account, region: 'eu-central-1' } });
  new StringParameter(consumer, 'Host', { stringValue: stage.foundation.queue.host });
  new StringParameter(consumer, 'Firewall', { stringValue: stage.edge?.firewall?.attrArn ?? '' });
  const stacks = stage.synth().stacks.map(({ template }) => JSON.stringify(template));
  const [one, other] = ['sluice-prod-foundation', 'sluice-prod-edge'].map((name) =>
    stacks.some((text) => text.includes(`"Fn::GetStackOutput":{"StackName":"${name}"`)),
  );
  assert.deepEqual([one, other], [true, true]);
  for (const text of stacks) assert.doesNotMatch(text, /Fn::ImportValue|"Export"|ExportWriter/);
});

test('image tags are immutable, images are scanned, and the last fifty are kept', () => {
  for (const { name, isProtected } of environments) {
    const registry = templateOf(`${name}/registry`);
    for (const image of ['producer', 'consumer', 'envoy']) {
      registry.hasResource('AWS::ECR::Repository', {
        DeletionPolicy: 'Delete',
        Properties: {
          RepositoryName: `sluice-${name}/${image}`,
          ImageTagMutability: 'IMMUTABLE',
          ImageScanningConfiguration: { ScanOnPush: true },
          EmptyOnDelete: !isProtected,
          LifecyclePolicy: {
            LifecyclePolicyText: Match.serializedJson({
              rules: [
                Match.objectLike({ selection: Match.objectLike({ tagStatus: 'untagged', countNumber: 7 }) }),
                Match.objectLike({ selection: Match.objectLike({ tagStatus: 'any', countNumber: 50 }) }),
              ],
            }),
          },
        },
      });
    }
  }
});

type FirewallRule = {
  readonly Name: string;
  readonly Priority: number;
  readonly Action?: object;
  readonly OverrideAction?: object;
  readonly Statement: {
    readonly RateBasedStatement?: object;
    readonly ManagedRuleGroupStatement?: {
      readonly VendorName: string;
      readonly Name: string;
      readonly RuleActionOverrides: readonly { readonly Name: string; readonly ActionToUse: object }[];
    };
  };
};

const firewallRulesOf = (name: string): readonly FirewallRule[] => {
  const [firewall] = Object.values(templateOf(`${name}/edge`).findResources('AWS::WAFv2::WebACL'));
  return firewall?.['Properties'].Rules ?? assert.fail(`${name} has no firewall`);
};

test('the firewall blocks an address beyond its rate before any other rule', () => {
  for (const [name, limit] of [
    ['stage', 3_000_000],
    ['prod', 100_000],
    ['open', 1_000],
  ] as const) {
    templateOf(`${name}/edge`).hasResourceProperties('AWS::WAFv2::WebACL', {
      Scope: 'CLOUDFRONT',
      DefaultAction: { Allow: {} },
    });
    const [rate] = firewallRulesOf(name).toSorted((one, other) => one.Priority - other.Priority);
    assert.deepEqual(rate?.Action, { Block: {} }, name);
    assert.deepEqual(rate?.Statement.RateBasedStatement, {
      AggregateKeyType: 'IP',
      Limit: limit,
      EvaluationWindowSec: 300,
    });
  }
});

test('every firewall has the managed rules, which allow any body and a client without User-Agent', () => {
  for (const name of ['stage', 'prod', 'open']) {
    const managed = firewallRulesOf(name).filter(({ Statement }) => Statement.ManagedRuleGroupStatement !== undefined);
    // Without it the rules of the group would only count.
    assert.deepEqual(
      [...new Set(managed.map(({ OverrideAction }) => JSON.stringify(OverrideAction)))],
      ['{"None":{}}'],
    );
    const groups = managed.map(({ Statement }) => Statement.ManagedRuleGroupStatement ?? assert.fail());
    assert.deepEqual(
      groups.map(({ VendorName, Name, RuleActionOverrides }) => [
        `${VendorName} ${Name}`,
        RuleActionOverrides.map((rule) => `${rule.Name} ${JSON.stringify(rule.ActionToUse)}`),
      ]),
      [
        ['AWS AWSManagedRulesAmazonIpReputationList', []],
        [
          'AWS AWSManagedRulesKnownBadInputsRuleSet',
          ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY'].map((rule) => `${rule} {"Count":{}}`),
        ],
        [
          'AWS AWSManagedRulesCommonRuleSet',
          [
            'SizeRestrictions_BODY',
            'CrossSiteScripting_BODY',
            'EC2MetaDataSSRF_BODY',
            'GenericLFI_BODY',
            'GenericRFI_BODY',
            'NoUserAgent_HEADER',
          ].map((rule) => `${rule} {"Count":{}}`),
        ],
      ],
    );
  }
});

test('with a domain, the edge has its certificate, validated in its zone', () => {
  const edge = templateOf('named/edge');
  edge.resourceCountIs('AWS::WAFv2::WebACL', 0);
  edge.hasResourceProperties('AWS::CertificateManager::Certificate', {
    DomainName: 'sluice.example.org',
    ValidationMethod: 'DNS',
    DomainValidationOptions: [{ DomainName: 'sluice.example.org', HostedZoneId: 'Z0123456789' }],
  });
});

test('only jobs of one repository and this environment may assume the role of the pipeline, without a key', async () => {
  for (const { name } of environments) assert.ok(!templates.some(({ stack }) => stack === `${name}/pipeline`));
  const pipeline = templateOf('named/pipeline');
  pipeline.hasResourceProperties('AWS::IAM::OIDCProvider', {
    Url: 'https://token.actions.githubusercontent.com',
    ClientIdList: ['sts.amazonaws.com'],
  });
  // It also deploys other environments of the account.
  pipeline.hasResource('AWS::IAM::OIDCProvider', { DeletionPolicy: 'Retain' });
  pipeline.hasResourceProperties('AWS::IAM::Role', {
    RoleName: 'sluice-named-pipeline',
    AssumeRolePolicyDocument: {
      Statement: [
        {
          Action: 'sts:AssumeRoleWithWebIdentity',
          Effect: 'Allow',
          Condition: {
            StringEquals: {
              'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
              'token.actions.githubusercontent.com:sub': 'repo:example/sluice:environment:named',
            },
          },
        },
      ],
    },
  });
  assert.deepEqual(findViolations(templates.filter(({ stack }) => stack === 'named/pipeline')), []);
});

/** Returns the resources of one type in a stack. */
const resourcesOf = (all: readonly StackTemplate[], stack: string, type: string) =>
  Object.values(Template.fromJSON(all.find((each) => each.stack === stack) ?? assert.fail(stack)).findResources(type));

const subjectsOf = (pipeline: NonNullable<Environment['pipeline']>): unknown => {
  const [role] = resourcesOf(synthesize([{ ...named, pipeline }]), 'named/pipeline', 'AWS::IAM::Role');
  const [statement] = role?.['Properties'].AssumeRolePolicyDocument.Statement ?? [];
  // Nothing but these two keys, compared exactly.
  assert.deepEqual(Object.keys(statement.Condition), ['StringEquals']);
  const { [`${issuer}:sub`]: subject, ...others } = statement.Condition.StringEquals;
  assert.deepEqual(others, { [`${issuer}:aud`]: 'sts.amazonaws.com' });
  return subject;
};

const issuer = 'token.actions.githubusercontent.com';

test('a role trusts the subject with ids that GitHub sends for new repositories, next to the one without, both exactly', () => {
  const repository = 'octocat/my-repo.js';
  assert.equal(subjectsOf({ repository, makesProvider: false }), `repo:${repository}:environment:named`);
  // The format of GitHub's changelog of 2026-04-23 and of github/docs#45221.
  assert.deepEqual(subjectsOf({ repository, ownerId: 123456, repositoryId: 456789, makesProvider: false }), [
    'repo:octocat/my-repo.js:environment:named',
    'repo:octocat@123456/my-repo.js@456789:environment:named',
  ]);
});

type Statement = {
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
};

const statementsOf = (action: string, statements: readonly Statement[]): Statement[] =>
  statements.filter(({ Action }) => [Action].flat().includes(action));

test('a pipeline may assume only CDK’s roles for files and deployments, in the regions of its environment', () => {
  const [policy] = Object.values(templateOf('named/pipeline').findResources('AWS::IAM::Policy'));
  const [assumes, ...others] = statementsOf('sts:AssumeRole', policy?.['Properties'].PolicyDocument.Statement);
  assert.deepEqual(others, []);
  const texts = JSON.stringify(assumes?.Resource).match(/role\/[\w*-]+/g);
  assert.deepEqual(
    texts?.toSorted(),
    // The certificate of its domain is in us-east-1.
    ['deploy', 'file-publishing'].flatMap((role) =>
      ['eu-central-1', 'us-east-1'].map((region) => `role/cdk-hnb659fds-${role}-role-111111111111-${region}`),
    ),
  );
});

test('the pipeline of prod may read the registry of stage, which allows this role and no other', () => {
  const pipeline = { repository: 'example/sluice', makesProvider: true };
  const given = synthesize([find('stage'), { ...find('prod'), pipeline }]);
  const [policy] = resourcesOf(given, 'prod/pipeline', 'AWS::IAM::Policy');
  const reads = statementsOf('ecr:BatchGetImage', policy?.['Properties'].PolicyDocument.Statement);
  const resources = JSON.stringify(reads.map(({ Resource }) => Resource));
  assert.match(resources, /:ecr:eu-central-1:333333333333:repository\/sluice-stage\/\*/);
  const repositories = resourcesOf(given, 'stage/registry', 'AWS::ECR::Repository');
  assert.equal(repositories.length, 3);
  for (const repository of repositories) {
    const [allowed, ...others] = repository['Properties'].RepositoryPolicyText.Statement;
    assert.deepEqual(others, []);
    assert.match(JSON.stringify(allowed.Principal), /:iam::444444444444:root/);
    assert.match(
      JSON.stringify(allowed.Condition),
      /^\{"ArnEquals":\{"aws:PrincipalArn":.*:iam::444444444444:role\/sluice-prod-pipeline"/,
    );
    assert.deepEqual(allowed.Action.toSorted(), [
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:DescribeImages',
      'ecr:DescribeRepositories',
      'ecr:GetDownloadUrlForLayer',
    ]);
  }
  // Without a pipeline of prod nobody else reads it.
  for (const repository of resourcesOf(templates, 'stage/registry', 'AWS::ECR::Repository'))
    assert.equal(repository['Properties'].RepositoryPolicyText, undefined);
});

test('a pipeline may read only the tokens of its own environment', () => {
  const [policy] = Object.values(templateOf('named/pipeline').findResources('AWS::IAM::Policy'));
  const statements: readonly { Action: unknown; Resource: unknown; Condition?: object }[] =
    policy?.['Properties'].PolicyDocument.Statement;
  const reads = statements.filter(({ Action }) => JSON.stringify(Action).includes('secretsmanager:'));
  assert.deepEqual(
    reads.map(({ Action, Condition }) => [Action, Condition]),
    [['secretsmanager:GetSecretValue', { StringEquals: { 'aws:ResourceTag/environment': 'named' } }]],
  );
  assert.match(JSON.stringify(reads[0]?.Resource), /:secretsmanager:eu-central-1:111111111111:secret:ApiTokens\*/);
  // The secret that the role may read has that tag and that name.
  const secrets = templateOf('named/foundation').findResources('AWS::SecretsManager::Secret', {
    Properties: { Tags: Match.arrayWith([{ Key: 'environment', Value: 'named' }]) },
  });
  assert.equal(Object.keys(secrets).filter((id) => id.startsWith('ApiTokens')).length, 1);
});
