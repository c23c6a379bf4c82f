import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environment as values } from '@sluice/infra/environments/dev.ts';
import { checkServices, formatLinks } from './verify.ts';

const service = (more: object) => ({
  serviceName: 'producer',
  deployments: [{}],
  runningCount: 2,
  desiredCount: 2,
  ...more,
});

test('services are stable when all tasks run and are of one release', () => {
  assert.equal(checkServices([service({}), service({ serviceName: 'consumer' })]), 'done');
  const lacks = (more: object) => checkServices([service({}), service(more)]);
  assert.deepEqual(lacks({ runningCount: 1 }), { lacks: 'producer: 1 of 2 tasks running' });
  assert.deepEqual(lacks({ deployments: [{}, {}] }), {
    lacks: 'producer: tasks of the previous release still running',
  });
  assert.deepEqual(lacks({ deployments: [{ rolloutState: 'FAILED', rolloutStateReason: 'tasks failed to start' }] }), {
    lacks: 'producer: tasks failed to start',
  });
  assert.deepEqual(lacks({ desiredCount: 0 }), { lacks: 'producer: the desired number of tasks is 0' });
  assert.deepEqual(checkServices([]), { lacks: 'there are no services' });
});

test('links point to the page, the dashboard and each log group', () => {
  const parts = { cluster: 'c', services: [], targets: '', bucket: '', distribution: '', logGroups: ['/sluice/a b'] };
  const linksOf = (hasAlarms: boolean) =>
    formatLinks({ ...values, name: 'dev', hasAlarms }, 'https://one.cloudfront.net', parts);
  const lines = linksOf(true);
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['page', 'api', 'dashboard', 'logs'],
  );
  // There is no dashboard without alarms.
  assert.deepEqual(linksOf(false), lines.toSpliced(2, 1));
  assert.match(lines[2] ?? '', /#dashboards\/dashboard\/sluice-dev$/);
  assert.match(lines[3] ?? '', /\$252Fsluice\$252Fa\$2520b$/);
});
