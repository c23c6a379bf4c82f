import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptDays, planPage, typeOf, type StoredFile } from './page-plan.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const daysAgo = (days: number) => now - days * 86_400_000;
const stored = (path: string, supersededMs?: number, md5 = 'old'): StoredFile => ({ path, md5, supersededMs });

test('uploads the page after the files that it refers to', () => {
  const page = ['index.html', 'favicon.svg', 'assets/b-2.css', 'assets/a-1.js'].map((path) => ({ path, md5: 'new' }));
  assert.deepEqual(planPage(page, [], now).uploads, ['assets/a-1.js', 'assets/b-2.css', 'favicon.svg', 'index.html']);
});

test('files that a release removes from the page are kept first, and deleted 30 days later', () => {
  const plan = planPage(
    [{ path: 'index.html', md5: 'new' }],
    [
      stored('assets/just-out.js'),
      stored('assets/out-for-a-week.js', daysAgo(7)),
      stored('assets/out-for-long.js', daysAgo(keptDays + 1)),
    ],
    now,
  );
  assert.deepEqual(plan.superseded, ['assets/just-out.js']);
  assert.deepEqual(plan.removals, ['assets/out-for-long.js']);
});

test('a file that comes back with an older release is uploaded and not deleted', () => {
  const back = { path: 'assets/back.js', md5: 'old' };
  const plan = planPage([back], [stored('assets/back.js', daysAgo(keptDays + 1))], now);
  assert.deepEqual([plan.uploads, plan.superseded, plan.removals], [['assets/back.js'], [], []]);
});

test('invalidates only files that changed under the same name', () => {
  const page = ['index.html', 'favicon.svg', 'assets/a-1.js'].map((path) => ({ path, md5: 'new' }));
  const before = [stored('index.html'), stored('favicon.svg', undefined, 'new'), stored('assets/a-1.js')];
  assert.deepEqual(planPage(page, before, now).invalidations, ['/', '/index.html']);
  assert.deepEqual(planPage(page, [], now).invalidations, []);
});

test('refuses a file without a media type', () => {
  assert.equal(typeOf('assets/a-1.js'), 'text/javascript; charset=utf-8');
  assert.throws(() => typeOf('assets/a.xyz'), /a\.xyz has no media type/);
});
