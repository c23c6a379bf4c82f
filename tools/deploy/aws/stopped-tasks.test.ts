import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatStops } from './stopped-tasks.ts';

test('lists each reason of stopped tasks once, with the exit codes of their containers', () => {
  const exited = {
    stoppedReason: 'Essential container in task exited',
    containers: [{ name: 'api', exitCode: 1 }, { name: 'envoy' }],
  };
  const unpulled = {
    stoppedReason: 'CannotPullContainerError',
    containers: [{ name: 'api', reason: 'not found' }],
  };
  assert.deepEqual(formatStops([exited, exited, unpulled, {}]), [
    'Essential container in task exited; api exited with 1',
    'CannotPullContainerError; api not found',
    'no reason given',
  ]);
});
