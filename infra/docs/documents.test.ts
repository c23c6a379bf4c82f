import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { makeDocuments } from './documents.ts';
import { environmentsTable } from './environments-table.ts';

const environments = await readEnvironments();
const templates = await templatesOf(environments);

test('tables are those of the environments and the templates', () => {
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
