import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';

/** The IAM service names that differ from those of the SDK's packages. */
const services: Readonly<Record<string, string>> = {
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  'resource-groups-tagging-api': 'tag',
  'route-53': 'route53',
  'secrets-manager': 'secretsmanager',
  'service-quotas': 'servicequotas',
  'cloudwatch-logs': 'logs',
};
/**
 * The IAM actions that differ from those of the API ("Actions, resources, and condition keys for
 * Amazon S3").
 */
const actions: Readonly<Record<string, string>> = {
  's3:CopyObject': 's3:PutObject',
  's3:DeleteObjects': 's3:DeleteObjectVersion',
  's3:HeadObject': 's3:GetObject',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  's3:ListObjectsV2': 's3:ListBucket',
};
/** The actions that need no permission. */
const free = new Set(['sts:GetCallerIdentity']);
/**
 * The actions of a person. They take the deletion protection off a stack that never came up, and a
 * person makes the first deployment.
 */
const ofPersons = new Set(['elasticloadbalancing:ModifyLoadBalancerAttributes', 'rds:ModifyDBInstance']);

/** Lists the files of tools/deploy that a command loads. */
const filesOf = (file: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, imported = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g))
    filesOf(join(dirname(file), imported), seen);
  return seen;
};

test('the role of a pipeline allows every call of a deployment', () => {
  const asked = [...filesOf(join(repository, 'tools/deploy/commands/deploy.ts'))].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([\w-]+)'/g)].flatMap(
      ([, names = '', client = '']) =>
        [...names.matchAll(/\b(?:(\w+)Command|paginate(\w+))\b/g)].map(([, command, paginated]) => {
          const action = `${services[client] ?? client}:${command ?? paginated}`;
          return actions[action] ?? action;
        }),
    ),
  );
  assert.ok(asked.length > 20, asked.join(' '));
  const role = readFileSync(join(repository, 'infra/stacks/pipeline-rights.ts'), 'utf8');
  const allowed = new Set([...role.matchAll(/'([a-z0-9-]+:[A-Z]\w+)'/g)].map(([, action]) => action));
  const lacking = [...new Set(asked)].filter((action) => !allowed.has(action) && !free.has(action));
  assert.deepEqual(lacking.toSorted(), [...ofPersons].toSorted());
});
