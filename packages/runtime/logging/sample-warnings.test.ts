import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleWarnings } from './sample-warnings.ts';

test('a message is written once a second, with the number of suppressed ones', (t) => {
  const lines: unknown[] = [];
  const warn = sampleWarnings({ warn: (fields: unknown, message?: unknown) => lines.push([fields, message]) });
  let now = 5_000;
  t.mock.method(performance, 'now', () => now);
  const err = new Error('away');
  for (let count = 0; count < 1_000; count += 1) warn({ err }, 'could not read');
  warn({ err }, 'could not write');
  assert.deepEqual(lines, [
    [{ err }, 'could not read'],
    [{ err }, 'could not write'],
  ]);
  now += 1_000;
  warn({ err }, 'could not read');
  assert.deepEqual(lines.at(-1), [{ err, suppressed: 999 }, 'could not read']);
  now += 1_000;
  warn({ err }, 'could not read');
  assert.deepEqual(lines.at(-1), [{ err }, 'could not read']);
});
