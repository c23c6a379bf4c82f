import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPoints } from '../points/read-points.ts';
import { remove } from '../points/removal.ts';
import { removals } from '../points/removals.ts';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../points/templates-of-tests.ts';
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
  assert.throws(() => requestPicture('prod', remove(prod, 'AWS::CloudFront::VpcOrigin')), { name: 'ZodError' });
});

const repository = join(import.meta.dirname, '../..');

/** What is said in the table of points and is not so: a file that is not there, or a test of that title. */
const findUntrue = (page: string): string[] => {
  return readPoints(page).flatMap(({ what, file, testFile, title }) => {
    const source = existsSync(join(repository, testFile)) ? readFileSync(join(repository, testFile), 'utf8') : '';
    const untrue: string[] = [];
    if (!existsSync(join(repository, file))) untrue.push(`${what}: there is no ${file}`);
    // Titles of several environments begin with a name.
    if (!source.includes(title.replace(/^(test|prod|nodes|serverless): |eu-central.*/g, '')))
      untrue.push(`${what}: ${testFile} has no test "${title}"`);
    return untrue;
  });
};

test('each point has a file that is there and a test that is there, and one that has not is seen', () => {
  const page = readFileSync(join(repository, 'docs/aws.md'), 'utf8');
  assert.deepEqual(findUntrue(page), []);
  const spoilt = page
    .replace('`infra/stacks/edge.ts` |', '`infra/stacks/none.ts` |')
    .replace('a dashboard that follows a count', 'a dashboard of another title');
  assert.deepEqual(findUntrue(spoilt), [
    'CloudWatch: a dashboard: infra/constructs/alarms.test.ts has no test "each environment has a dashboard of another title"',
    'a firewall: there is no infra/stacks/none.ts',
  ]);
});

test('of each point there is something to remove, so that its test can be seen to fail', () => {
  const titles = readPoints().map(({ title }) => title);
  assert.deepEqual(titles.toSorted(), Object.keys(removals).toSorted());
});
