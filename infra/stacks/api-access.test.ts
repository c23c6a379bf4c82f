import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { Environment } from '../schema/environment.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { readEnvironments } from '../read-environments.ts';

const environments = await readEnvironments();
const [first] = environments;
assert.ok(first !== undefined);
const tokensSecretArn = 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:shared/tokens-AbCdEf';
const variant = (name: string, values: Partial<Environment>): Environment => ({ ...first, ...values, name });
const variants = [
  variant('open', { api: { access: 'open' }, firewall: { requestsPerFiveMinutes: 1_000 } }),
  variant('all', {
    api: { access: 'tokens', tokensFor: 'all', corsOrigin: 'https://one.example,https://two.example' },
  }),
  variant('given', { api: { access: 'tokens', tokensFor: 'writes', tokensSecretArn } }),
  variant('named', { domain: { name: 'sluice.example.org', hostedZoneId: 'Z0123456789' } }),
];
const templates = await templatesOf([...environments, ...variants]);
const templateOf = (stack: string): Template =>
  Template.fromJSON(templates.find((template) => template.stack === stack) ?? assert.fail(stack));

type Variable = { readonly Name: string; readonly Value: unknown };

/** Returns the variables of the API's container. */
const variablesOf = (name: string): Map<string, unknown> => {
  const containers = Object.values(templateOf(`${name}/app`).findResources('AWS::ECS::TaskDefinition')).flatMap(
    ({ Properties }) => Properties.ContainerDefinitions,
  );
  const given: readonly Variable[] = containers.find(({ Name }) => Name === 'api')?.Environment ?? assert.fail();
  return new Map(given.map(({ Name, Value }) => [Name, Value]));
};

/** Returns the secrets with tokens that a foundation creates. */
const tokensOf = (name: string) =>
  Object.entries(templateOf(`${name}/foundation`).findResources('AWS::SecretsManager::Secret'))
    .filter(([id]) => id.startsWith('ApiTokens'))
    .map(([, { Properties }]) => Properties);

for (const { name, api } of environments) {
  test(`${name} is closed: its stack creates a token of 64 letters and digits, and the API gets the ARN of its secret`, () => {
    assert.deepEqual(
      tokensOf(name).map(({ GenerateSecretString }) => GenerateSecretString),
      [{ SecretStringTemplate: '{}', GenerateStringKey: 'first', PasswordLength: 64, ExcludePunctuation: true }],
    );
    const variables = variablesOf(name);
    assert.match(JSON.stringify(variables.get('API_TOKENS_SECRET_ARN')), /ApiTokensSecret/);
    assert.equal(api.access, 'tokens');
    assert.equal(variables.get('API_TOKENS_FOR'), api.tokensFor);
  });
}

test('an output has the ARN of the secret and the command that shows it, but not its content', () => {
  const outputs = Object.entries(templateOf('prod/foundation').findOutputs('*'));
  const [, output] = outputs.find(([id]) => id.startsWith('ApiTokensArn')) ?? assert.fail();
  assert.match(String(output['Description']), /^aws secretsmanager get-secret-value /);
  // The secret that it names exists.
  const [[id] = assert.fail()] = Object.entries(
    templateOf('prod/foundation').findResources('AWS::SecretsManager::Secret', {
      Properties: { Description: Match.stringLikeRegexp('Bearer tokens') },
    }),
  );
  assert.deepEqual(output['Value'], { Ref: id });
});

test('an open API has no secret and no token', () => {
  assert.deepEqual(tokensOf('open'), []);
  const names = [...variablesOf('open').keys()];
  assert.deepEqual(
    names.filter((name) => name.startsWith('API_TOKENS')),
    [],
  );
});

test('uses the secret that the environment names, and creates none', () => {
  assert.deepEqual(tokensOf('given'), []);
  assert.equal(variablesOf('given').get('API_TOKENS_SECRET_ARN'), tokensSecretArn);
  const policies = JSON.stringify(templateOf('given/app').findResources('AWS::IAM::Policy'));
  assert.ok(policies.includes(tokensSecretArn));
});

test('with tokensFor all, reads need a token too', () => {
  assert.equal(variablesOf('all').get('API_TOKENS_FOR'), 'all');
});

test('only the pages of corsOrigin and of the environment’s domain may read the API from another origin', () => {
  assert.deepEqual(
    ['test', 'prod', 'named', 'all'].map((name) => variablesOf(name).get('CORS_ORIGIN')),
    ['none', 'none', 'https://sluice.example.org', 'https://one.example,https://two.example'],
  );
});
