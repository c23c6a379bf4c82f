import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { makeDocuments } from './documents.ts';
import { environmentsTable } from './environments-table.ts';
import { networkPicture } from './network-picture.ts';
import { requestPicture } from './request-picture.ts';

const environments = await readEnvironments();
const templates = await templatesOf(environments);

test('tables and pictures are those of the environments and the templates', () => {
  for (const { file, text } of makeDocuments(environments, templates)) {
    assert.ok(existsSync(file) && readFileSync(file, 'utf8') === text, `${file} is stale. Run: npm run aws-docs`);
  }
});

test('a value has a row, with what each environment says and what it means', () => {
  const rows = environmentsTable(environments).split('\n');
  assert.match(rows[0] ?? '', /^\| value \| test \| dev \| stage \| prod \| what it is \|$/);
  assert.ok(rows.some((row) => row.startsWith('| `network.natGateways` | 1 | 1 | 1 | 3 | Ways from private subnets')));
  assert.ok(rows.some((row) => row.startsWith('| `queue.durability` | – | – | – | sync | ')));
  assert.ok(rows.some((row) => row.startsWith('| `queue.kind` | serverless | serverless | serverless | nodes | ')));
  assert.ok(rows.some((row) => row.startsWith('| `database.isMultiAz` | no | no | no | yes | ')));
});

test('a connection that is allowed is in the picture, and goes with its rule', () => {
  const template = structuredClone(templates.find(({ stack }) => stack === 'dev/foundation') ?? assert.fail());
  const picture = networkPicture('dev', template);
  assert.match(picture, /aria-label="[^"]*CloudFront to Load balancer 80; [^"]*Producer to Queue 6379/);
  assert.match(picture, /10\.20\.0\.0\/16 in eu-central-1a, eu-central-1b, /);
  assert.match(picture, /1 NAT gateway; endpoints of s3</);
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type.startsWith('AWS::EC2::SecurityGroup') && Properties['FromPort'] === 6379) delete template.Resources[id];
  }
  assert.doesNotMatch(networkPicture('dev', template), /6379|Queue/);
});

test('a request passes what is in the templates, and there is no picture where a part is missing', () => {
  const prod = templates.filter(({ stack }) => stack.startsWith('prod/'));
  assert.match(
    requestPicture('prod', prod),
    /aria-label="prod: Browser, CloudFront, VPC origin, Load balancer, Envoy, Producer, Valkey, Consumer, MySQL"/,
  );
  const withoutOrigin = structuredClone(prod);
  for (const { Resources } of withoutOrigin)
    for (const [id, { Type }] of Object.entries(Resources))
      if (Type === 'AWS::CloudFront::VpcOrigin') delete Resources[id];
  assert.throws(() => requestPicture('prod', withoutOrigin), { name: 'ZodError' });
});
