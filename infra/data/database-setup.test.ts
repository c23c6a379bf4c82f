import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';

const environments = await readEnvironments();
const first = environments.find(({ name }) => name === 'prod');
assert.ok(first !== undefined);
const withImport = { ...first, name: 'other', database: { ...first.database, importFile: 'old.sql' } };
const templates = await templatesOf([first, withImport]);
const templateOf = (name: string) =>
  Template.fromJSON(templates.find(({ stack }) => stack === `${name}/foundation`) ?? {});
const template = templateOf('prod');

/** Returns the only resource of a kind whose id starts with `start`, with its id. */
const findOne = (kind: string, start = '') => {
  const found = Object.entries(template.findResources(kind)).filter(([id]) => id.startsWith(start));
  assert.equal(found.length, 1, `${kind} ${start}`);
  const [[id, resource] = assert.fail()] = found;
  return { id, resource };
};

test('the function runs on ARM in private subnets, has its own log group, and gets only the ARNs of secrets', () => {
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

test('runs when its code, migrations or secrets change, and after everything that it needs to reach the database and AWS', () => {
  const { resource: run } = findOne('Custom::DatabaseSetup');
  const { Code, Secrets, ServiceTimeout } = run['Properties'];
  assert.equal(Secrets.length, 3);
  const { resource } = findOne('AWS::Lambda::Function');
  // The bundle contains migrations and grants, so another bundle has another hash.
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

test('imports the dump of an environment that has one', () => {
  templateOf('other').hasResourceProperties('Custom::DatabaseSetup', { ImportFile: 'old.sql' });
  template.hasResourceProperties('Custom::DatabaseSetup', { ImportFile: Match.absent() });
});

type Statement = {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: unknown;
  readonly Condition?: object;
};

const statementsOf = (start: string): readonly Statement[] =>
  findOne('AWS::IAM::Policy', start).resource['Properties'].PolicyDocument.Statement;

test('the function may only read four secrets, write its log and have its network interfaces', () => {
  const statements = statementsOf('DatabaseSetupRole');
  assert.deepEqual(
    statements.map(({ Effect, Action, Resource }) => [
      Effect,
      Action[0],
      Array.isArray(Resource) ? Resource.length : Resource,
    ]),
    [
      [
        'Allow',
        'logs:CreateLogStream',
        { 'Fn::GetAtt': [findOne('AWS::Logs::LogGroup', 'DatabaseSetupLog').id, 'Arn'] },
      ],
      // Limited to its account and its region.
      ['Allow', 'ec2:AssignPrivateIpAddresses', 'arn:aws:ec2:eu-central-1:444444444444:*/*'],
      ['Allow', 'ec2:DescribeNetworkInterfaces', '*'],
      ['Allow', 'secretsmanager:DescribeSecret', 4],
    ],
  );
});

test('Lambda has the rights to network interfaces, and the code of the function never has them', () => {
  const networkOf = (statements: readonly Statement[]) =>
    statements.flatMap(({ Action }) => Action.filter((action) => action.startsWith('ec2:'))).toSorted();
  const { id } = findOne('AWS::IAM::Policy', 'DatabaseSetupNetworkDenial');
  const [denial, ...others] = statementsOf('DatabaseSetupNetworkDenial');
  assert.deepEqual(others, []);
  assert.deepEqual([denial?.Effect, denial?.Resource], ['Deny', '*']);
  assert.deepEqual(networkOf(denial === undefined ? [] : [denial]), networkOf(statementsOf('DatabaseSetupRole')));
  assert.deepEqual(denial?.Condition, {
    ArnEquals: {
      'lambda:SourceFunctionArn': { 'Fn::GetAtt': [findOne('AWS::Lambda::Function').id, 'Arn'] },
    },
  });
  const role = findOne('AWS::IAM::Role', 'DatabaseSetupRole').id;
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyName: Match.stringLikeRegexp('NetworkDenial'),
    Roles: [{ Ref: role }],
  });
  template.hasResource('Custom::DatabaseSetup', { DependsOn: Match.arrayWith([id]) });
});

test('each user has a secret, which AWS rotates after the user exists', () => {
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
