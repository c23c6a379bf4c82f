import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { applyPatch, readMutations } from './mutations.ts';

test('every patch applies, and the test that must catch it exists', () => {
  for (const { name, file, path, title } of readMutations()) {
    applyPatch(repository, file, '--check');
    // Titles stand in quotes of any kind, and some quotes in them are escaped.
    const source = readFileSync(join(repository, path), 'utf8').replaceAll('\\', '');
    assert.ok(source.includes(title), `${name}: ${path} has no test "${title}"`);
  }
});
