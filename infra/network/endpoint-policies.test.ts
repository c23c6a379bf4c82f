import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { readEnvironments } from '../read-environments.ts';

const environments = await readEnvironments();
const templates = await templatesOf(environments);

const oneOrMore = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const documentSchema = z.object({
  Statement: z.array(
    z.strictObject({
      Effect: z.literal('Allow'),
      Principal: z.literal('*'),
      Action: oneOrMore,
      Resource: oneOrMore,
      Condition: z.object({ StringEquals: z.record(z.string(), z.string()) }).optional(),
    }),
  ),
});

/** Returns the statements of the endpoints of an environment. */
const statementsOf = (name: string) =>
  templates
    .filter(({ stack }) => stack.startsWith(`${name}/`))
    .flatMap(({ Resources }) => Object.values(Resources))
    .filter(({ Type }) => Type === 'AWS::EC2::VPCEndpoint')
    .flatMap(({ Properties }) => documentSchema.parse(Properties['PolicyDocument']).Statement);

for (const { name, account, region, network } of environments) {
  test(`${name}: endpoints lead only to the account, and to two buckets of AWS`, () => {
    const statements = statementsOf(name);
    const ofAws = [
      `s3:GetObject arn:aws:s3:::prod-${region}-starport-layer-bucket/*`,
      's3:PutObject arn:aws:s3:::cloudformation-custom-resource-response-eucentral1/*',
    ];
    const outside = statements
      .flatMap(({ Action, Resource, Condition }) => Resource.map((resource) => ({ Action, resource, Condition })))
      .filter(({ resource, Condition }) => {
        if (Condition !== undefined) assert.deepEqual(Condition, { StringEquals: { 'aws:PrincipalAccount': account } });
        return !resource.startsWith('arn:aws:') || resource.split(':')[4] !== account;
      })
      // A call without a resource must at least come from the account.
      .filter(({ resource, Condition }) => resource !== '*' || Condition === undefined)
      .map(({ Action, resource }) => `${Action.join()} ${resource}`);
    assert.deepEqual(outside, ofAws);
    assert.equal(statements.length, network.hasInterfaceEndpoints ? 9 : 2);
  });
}

test('an endpoint takes each call that a task or a function in the network has the right to', () => {
  const granted = templates
    .filter(({ stack }) => stack === 'prod/app' || stack === 'prod/foundation')
    .flatMap(({ Resources }) => Object.entries(Resources))
    // Lambda writes the logs of functions, outside the network, and flow logs are AWS's.
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && !/FlowLog/.test(id))
    .flatMap(([id, { Properties }]) => {
      const { Statement } = z
        .object({ Statement: z.array(z.looseObject({ Effect: z.string(), Action: oneOrMore })) })
        .parse(Properties['PolicyDocument']);
      const actions = Statement.flatMap(({ Effect, Action }) => (Effect === 'Allow' ? Action : []));
      return id.startsWith('DatabaseSetup') ? actions.filter((action) => !action.startsWith('logs:')) : actions;
    })
    .filter((action) => /^(ecr|logs|s3|secretsmanager):/.test(action));
  // "Rotation function permissions" of the guide of Secrets Manager. AWS's macro creates that role.
  const rotation = [
    'DescribeSecret',
    'GetSecretValue',
    'PutSecretValue',
    'UpdateSecretVersionStage',
    'GetRandomPassword',
  ];
  const needed = new Set([...granted, ...rotation.map((action) => `secretsmanager:${action}`)]);
  assert.ok(needed.has('ecr:BatchGetImage') && needed.has('logs:PutLogEvents'));
  const taken = new Set(statementsOf('prod').flatMap(({ Action }) => Action));
  assert.deepEqual(
    [...needed].filter((action) => !taken.has(action)),
    [],
  );
});
