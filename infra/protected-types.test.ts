import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTexts } from './policy/template.ts';
import { templatesOf } from './policy/templates-of-tests.ts';
import { protectedTypes } from './protected-types.ts';
import { readEnvironments } from './read-environments.ts';

/** Lists the names of properties and the values of keys: `DeletionProtection`, `deletion_protection.enabled`. */
const wordsOf = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [key].concat(wordsOf(part)));
};

test('every type of resource that a template protects from deletion is known, and no other', async () => {
  const found = (await templatesOf(await readEnvironments())).flatMap(({ Resources }) =>
    Object.values(Resources).flatMap(({ Type, Properties }) => {
      const words = [...wordsOf(Properties), ...findTexts(Properties, '').map(({ text }) => text)];
      return words.some((word) => /(?:deletion|termination)_?protection/i.test(word)) ? [Type] : [];
    }),
  );
  assert.deepEqual([...new Set(found)].toSorted(), protectedTypes.toSorted());
});
