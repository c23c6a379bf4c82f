import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { applyPatch, readMutations } from './mutations.ts';

test('every patch applies, and the test that must catch it exists', () => {
  for (const { name, file, path, title } of readMutations()) {
    applyPatch(repository, file, '--check');
    const source = readFileSync(join(repository, path), 'utf8');
    assert.ok(
      readTitles(source).some((pattern) => pattern.test(title)),
      `${name}: ${path} has no test "${title}"`,
    );
  }
});

/** Returns patterns of the test titles in a file. A template's placeholders match any text. */
const readTitles = (source: string): RegExp[] =>
  [...source.matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1).)+)\1/g)].map(([, , text = '']) => {
    const parts = text.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('\\', '').replaceAll(/[^\w ]/g, '.'));
    return new RegExp(`^${parts.join('.+')}$`);
  });
