import * as z from 'zod';
import { findTexts, inspect, type Finding, type StackTemplate } from './template.ts';

const secretName = /PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_?KEY|ACCESS_?KEY/i;
/** Names that look like a secret, with their allowed values. */
const plainValues: Readonly<Record<string, readonly unknown[]>> = { API_TOKENS_FOR: ['writes', 'all'] };
const secretValue = /\{\{resolve:(secretsmanager|ssm-secure):/;

const lambdaEnvironment = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });
const taskContainers = z.object({
  ContainerDefinitions: z.array(
    z.object({
      Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
      Secrets: z.array(z.object({ Name: z.string() })).default([]),
    }),
  ),
});

/** Finds secrets that a console would show: in an environment, or as the password of a database. */
export const findSecrets = (templates: readonly StackTemplate[]): Finding[] =>
  inspect(templates, ({ Properties }) => [
    ...variablesOf(Properties).flatMap(({ path, name, value }) =>
      isSecret(name, value) ? [{ where: path, what: says }] : [],
    ),
    ...findTexts(Properties, '')
      .filter(({ text }) => secretValue.test(text))
      .map(({ path }) => ({ where: path.slice(1), what: 'contains a secret; use its ARN instead' })),
  ]);

const says = 'is a secret in an environment; pass its ARN, and let the process read it';

const isSecret = (name: string, value: unknown): boolean =>
  (secretName.test(name) && !name.endsWith('_ARN') && plainValues[name]?.includes(value) !== true) ||
  findTexts(value, '').some(({ text }) => secretValue.test(text));

const variablesOf = (properties: unknown): { path: string; name: string; value: unknown }[] => {
  const variables = lambdaEnvironment.safeParse(properties).data?.Environment.Variables ?? {};
  const containers = taskContainers.safeParse(properties).data?.ContainerDefinitions ?? [];
  const ofFunction = Object.entries(variables).map(([name, value]) => ({
    path: `Environment.Variables.${name}`,
    name,
    value,
  }));
  const ofTask = containers.flatMap(({ Environment, Secrets }, index) => {
    const path = `ContainerDefinitions.${index}`;
    return Environment.map(({ Name, Value }) => ({
      path: `${path}.Environment.${Name}`,
      name: Name,
      value: Value,
    })).concat(
      // ECS puts these into the environment too.
      Secrets.map(({ Name }) => ({ path: `${path}.Secrets.${Name}`, name: 'SECRET', value: '' })),
    );
  });
  return [...ofFunction, ...ofTask];
};
