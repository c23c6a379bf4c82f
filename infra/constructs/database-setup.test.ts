import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../points/templates-of-tests.ts';

const environments = await readEnvironments();
const first = environments.find(({ name }) => name === 'prod');
assert.ok(first !== undefined);
const withImport = { ...first, name: 'other', database: { ...first.database, importFile: 'old.sql' } };
const templates = await templatesOf([first, withImport]);
const templateOf = (name: string) =>
  Template.fromJSON(templates.find(({ stack }) => stack === `${name}/foundation`) ?? {});
const template = templateOf('prod');

/** The one resource of a kind whose id begins so, with its id. */
const findOne = (kind: string, start = '') => {
  const found = Object.entries(template.findResources(kind)).filter(([id]) => id.startsWith(start));
  assert.equal(found.length, 1, `${kind} ${start}`);
  const [[id, resource] = assert.fail()] = found;
  return { id, resource };
};

test('the function runs on ARM in private subnets, with a log group of its own, and is told secrets by their ARNs', () => {
  template.hasResourceProperties('AWS::Lambda::Function', {
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    LoggingConfig: { LogGroup: { Ref: findOne('AWS::Logs::LogGroup', 'DatabaseSetupLog').id } },
    VpcConfig: {
      SubnetIds: [1, 2, 3].map((zone) => ({ Ref: Match.stringLikeRegexp(`PrivateSubnet${zone}`) })),
      SecurityGroupIds: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('GroupsDatabaseSetup'), 'GroupId'] }],
    },
  });
  const { resource } = findOne('AWS::Lambda::Function');
  const variables: Readonly<Record<string, unknown>> = resource['Properties'].Environment.Variables;
  assert.deepEqual(Object.keys(variables).toSorted(), [
    'DB_CONSUMER_SECRET_ARN',
    'DB_HOST',
    'DB_MIGRATOR_SECRET_ARN',
    'DB_NAME',
    'DB_PRODUCER_SECRET_ARN',
    'DB_SECRET_ARN',
    'DB_TLS',
  ]);
  assert.deepEqual([variables['DB_NAME'], variables['DB_TLS']], ['sluice', 'true']);
});

test('it runs when its code, its migrations or its secrets change, and after all that it needs to reach the database and AWS', () => {
  const { resource: run } = findOne('Custom::DatabaseSetup');
  const { Code, Secrets, ServiceTimeout } = run['Properties'];
  assert.equal(Secrets.length, 3);
  const { resource } = findOne('AWS::Lambda::Function');
  // Migrations and rights are in the bundle, so another bundle is another hash.
  assert.equal(resource['Properties'].Code.S3Key, Code);
  assert.ok(Number(ServiceTimeout) > resource['Properties'].Timeout);
  const after: readonly string[] = run['DependsOn'];
  for (const kind of [
    'AWS::EC2::SecurityGroupIngress',
    'AWS::EC2::SecurityGroupEgress',
    'AWS::EC2::VPCEndpoint',
    'AWS::EC2::Route',
  ]) {
    const ids = Object.keys(template.findResources(kind));
    assert.ok(ids.length > 0);
    assert.deepEqual(
      ids.filter((id) => !after.includes(id)),
      [],
      kind,
    );
  }
});

test('it imports a dump where the environment has one', () => {
  templateOf('other').hasResourceProperties('Custom::DatabaseSetup', { ImportFile: 'old.sql' });
  template.hasResourceProperties('Custom::DatabaseSetup', { ImportFile: Match.absent() });
});

test('the function may read four secrets, write its log and have its network interfaces, and nothing else', () => {
  const { resource } = findOne('AWS::IAM::Policy', 'DatabaseSetup');
  const statements: readonly { Action: string[]; Resource: unknown }[] =
    resource['Properties'].PolicyDocument.Statement;
  assert.deepEqual(
    statements.map(({ Action, Resource }) => [Action[0], Array.isArray(Resource) ? Resource.length : Resource]),
    [
      ['logs:CreateLogStream', { 'Fn::GetAtt': [findOne('AWS::Logs::LogGroup', 'DatabaseSetupLog').id, 'Arn'] }],
      ['ec2:AssignPrivateIpAddresses', '*'],
      ['secretsmanager:DescribeSecret', 4],
    ],
  );
});

test('each user has a secret that AWS rotates, once the user is there', () => {
  const run = findOne('Custom::DatabaseSetup').id;
  for (const user of ['migrator', 'producer', 'consumer']) {
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: { SecretStringTemplate: JSON.stringify({ username: user, dbname: 'sluice' }) },
    });
    const name = `sluice-prod-rotate-${user}`;
    template.hasResource('AWS::SecretsManager::RotationSchedule', {
      DependsOn: Match.arrayWith([run]),
      Properties: {
        HostedRotationLambda: {
          RotationType: 'MySQLSingleUser',
          RotationLambdaName: name,
          VpcSecurityGroupIds: { 'Fn::GetAtt': [Match.stringLikeRegexp('GroupsRotation'), 'GroupId'] },
        },
        RotateImmediatelyOnUpdate: false,
        RotationRules: { ScheduleExpression: 'rate(30 days)' },
      },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: `/aws/lambda/${name}`,
      RetentionInDays: 365,
    });
  }
});
