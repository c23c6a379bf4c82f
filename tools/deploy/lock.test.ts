import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { isDead, sayHolder } from './lock.ts';

const holder = {
  id: '1',
  arn: 'arn:aws:iam::222222222222:user/one',
  host: 'build-7',
  pid: 4711,
  command: 'deploy',
  since: '2026-11-22T12:00:00.000Z',
};

test('a holder is dead only where its machine is this one and its process is gone', () => {
  const here = { ...holder, host: hostname() };
  assert.equal(
    isDead(here, () => false),
    true,
  );
  assert.equal(
    isDead(here, () => true),
    false,
  );
  assert.equal(
    isDead(holder, () => false),
    false,
  );
});

test('who has the lock is told with where and since when', () => {
  assert.equal(
    sayHolder('dev', holder, Date.parse('2026-11-22T12:23:10Z')),
    'arn:aws:iam::222222222222:user/one works on dev (deploy on build-7, process 4711) since 2026-11-22T12:00:00.000Z, 23 min ago',
  );
});
