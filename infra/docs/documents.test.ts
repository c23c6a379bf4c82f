import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { makeDocuments } from './documents.ts';
import { environmentsTable } from './environments-table.ts';

const environments = await readEnvironments();
const templates = await templatesOf(environments);

test('the tables match the environments and the templates', () => {
  for (const { file, text } of makeDocuments(environments, templates)) {
    assert.ok(existsSync(file) && readFileSync(file, 'utf8') === text, `${file} is stale. Run: npm run aws-docs`);
  }
});

test('each value has a row, with its value in each environment and its meaning', () => {
  const rows = environmentsTable(environments).split('\n');
  assert.equal(new Set(rows.map((row) => row.length)).size, 1, 'columns are not aligned');
  const [head = [], , ...body] = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  assert.deepEqual(head, ['value', ...environments.map(({ name }) => name), 'meaning']);
  const valuesOf = (path: string) => {
    const row = body.find(([value]) => value === `\`${path}\``);
    return ['test', 'dev', 'stage', 'prod'].map((name) => row?.[head.indexOf(name)]);
  };
  assert.deepEqual(valuesOf('network.nat'), ['instance', 'instance', 'gateway', 'none']);
  assert.deepEqual(valuesOf('network.natGateways'), ['1', '1', '1', '0']);
  assert.deepEqual(valuesOf('queue.durability'), ['–', '–', '–', 'sync']);
  assert.deepEqual(valuesOf('queue.kind'), ['serverless', 'serverless', 'serverless', 'nodes']);
  assert.deepEqual(valuesOf('database.isMultiAz'), ['no', 'no', 'no', 'yes']);
  for (const row of body)
    assert.notEqual(row.at(-1), '', `${row[0] ?? ''} has no description in infra/schema/environment.ts`);
});
