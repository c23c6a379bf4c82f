import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StackEvent } from '@aws-sdk/client-cloudformation';
import { nothingWatched, formatDuration, formatInProgress, toEvent, watchEvents, type Event } from './stack-events.ts';
import { explainFailure } from './stack-reasons.ts';
import { neverCameUp, requiredStepOf } from './stack-status.ts';

// Sequences in the format of DescribeStackEvents (API_StackEvent of CloudFormation's reference),
// here the oldest first.

const idsAlone = (id: string): string => id;
const start = Date.parse('2026-11-22T12:00:00Z');

/** One event: seconds since the start, resource, type, status, reason. */
type Line = readonly [seconds: number, resource: string, type: string, status: string, reason?: string];

const stack = 'AWS::CloudFormation::Stack';

const toEvents = (lines: readonly Line[]): Event[] =>
  lines.map(([seconds, LogicalResourceId, ResourceType, ResourceStatus, ResourceStatusReason]) => {
    const event = {
      StackId: 'arn:aws:cloudformation:eu-central-1:222222222222:stack/sluice-dev-app/1',
      StackName: 'sluice-dev-app',
      EventId: `${LogicalResourceId}-${ResourceStatus}-${seconds}`,
      LogicalResourceId,
      ResourceType,
      ResourceStatus,
      ResourceStatusReason,
      Timestamp: new Date(start + seconds * 1_000),
    };
    // CloudFormation's statuses are strings. The SDK lists the current ones.
    return toEvent(event as StackEvent);
  });

const watch = (lines: readonly Line[]) => watchEvents(nothingWatched, toEvents(lines), idsAlone);

/**
 * Two events announce a resource: one at its start, and one with its id ("Resource creation
 * Initiated").
 */
const creation: readonly Line[] = [
  [0, 'sluice-dev-app', stack, 'CREATE_IN_PROGRESS', 'User Initiated'],
  [1, 'Cluster', 'AWS::ECS::Cluster', 'CREATE_IN_PROGRESS'],
  [2, 'Cluster', 'AWS::ECS::Cluster', 'CREATE_IN_PROGRESS', 'Resource creation Initiated'],
  [3, 'Logs', 'AWS::S3::Bucket', 'CREATE_IN_PROGRESS'],
  [13, 'Cluster', 'AWS::ECS::Cluster', 'CREATE_COMPLETE'],
];

test('prints a line with the duration for each created resource, and shows the others as in progress', () => {
  const { watched, lines } = watch(creation);
  assert.deepEqual(lines, ['✓ Cluster                               AWS::ECS::Cluster created (12 s)']);
  assert.equal(formatInProgress(watched, start + 63_000, idsAlone), '1 done; Logs (1 min 0 s)');
});

test('events in two batches give the same lines as in one', () => {
  const events = toEvents(creation);
  const first = watchEvents(nothingWatched, events.slice(0, 3), idsAlone);
  const second = watchEvents(first.watched, events.slice(3), idsAlone);
  assert.deepEqual([...first.lines, ...second.lines], watch(creation).lines);
});

/**
 * One of two resources fails while others are in progress. CloudFormation cancels these and rolls
 * back. The messages are from aws/aws-cdk#14456 and "Troubleshooting CloudFormation".
 */
const failure: readonly Line[] = [
  [0, 'sluice-dev-foundation', stack, 'CREATE_IN_PROGRESS', 'User Initiated'],
  [1, 'Gateway', 'AWS::EC2::NatGateway', 'CREATE_IN_PROGRESS'],
  [1, 'Queue', 'AWS::ElastiCache::ServerlessCache', 'CREATE_IN_PROGRESS'],
  [2, 'Queue', 'AWS::ElastiCache::ServerlessCache', 'CREATE_FAILED', 'Resource creation cancelled'],
  [
    2,
    'Gateway',
    'AWS::EC2::NatGateway',
    'CREATE_FAILED',
    'Resource handler returned message: "The maximum number of addresses has been reached. (Service: Ec2, Status Code: 400)" (HandlerErrorCode: ServiceLimitExceeded)',
  ],
  [
    3,
    'sluice-dev-foundation',
    stack,
    'ROLLBACK_IN_PROGRESS',
    'The following resource(s) failed to create: [Gateway, Queue]. Rollback requested by user.',
  ],
  [4, 'Gateway', 'AWS::EC2::NatGateway', 'DELETE_COMPLETE'],
  [9, 'sluice-dev-foundation', stack, 'ROLLBACK_COMPLETE'],
];

test('reports the failure that caused the others, even if a cancelled resource is listed first', () => {
  const { watched, lines } = watch(failure);
  assert.equal(watched.failure?.resource, 'Gateway');
  assert.equal(lines.filter((line) => line.startsWith('✗')).length, 1);
  assert.ok(lines.includes('↩ rolling back'));
  assert.ok(lines.some((line) => /^✓ Gateway +AWS::EC2::NatGateway deleted$/.test(line)));
});

test('reports the first of two failures, whatever happens in the rollback', () => {
  const { watched } = watch([
    [1, 'One', 'AWS::S3::Bucket', 'CREATE_FAILED', 'one already exists'],
    [2, 'Two', 'AWS::S3::Bucket', 'DELETE_FAILED', 'The bucket you tried to delete is not empty'],
  ]);
  assert.equal(watched.failure?.resource, 'One');
});

test('a reached limit names the quota to raise', () => {
  const event = watch(failure).watched.failure ?? assert.fail();
  const { what, where, fix } = explainFailure('sluice-dev-foundation', event, idsAlone);
  assert.match(what, /^The account has no public address left for a NAT gateway: .*maximum number of addresses/);
  assert.equal(where, 'sluice-dev-foundation, Gateway (AWS::EC2::NatGateway, CREATE_FAILED)');
  assert.match(fix, /L-0263D0A3/);
});

/**
 * The tasks of a release do not stay up, and the update is rolled back (messages from
 * aws/copilot-cli#5586).
 */
const release: readonly Line[] = [
  [0, 'sluice-dev-app', stack, 'UPDATE_IN_PROGRESS', 'User Initiated'],
  [
    1,
    'Task',
    'AWS::ECS::TaskDefinition',
    'UPDATE_IN_PROGRESS',
    'Requested update requires the creation of a new physical resource; hence creating one.',
  ],
  [3, 'Task', 'AWS::ECS::TaskDefinition', 'UPDATE_COMPLETE'],
  [4, 'Service', 'AWS::ECS::Service', 'UPDATE_IN_PROGRESS'],
  [
    600,
    'Service',
    'AWS::ECS::Service',
    'UPDATE_FAILED',
    `Resource handler returned message: "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'." (RequestToken: 1, HandlerErrorCode: GeneralServiceException)`,
  ],
  [
    601,
    'sluice-dev-app',
    stack,
    'UPDATE_ROLLBACK_IN_PROGRESS',
    'The following resource(s) failed to update: [Service].',
  ],
  [605, 'Service', 'AWS::ECS::Service', 'UPDATE_IN_PROGRESS'],
  [700, 'Service', 'AWS::ECS::Service', 'UPDATE_COMPLETE'],
  [701, 'sluice-dev-app', stack, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'],
  [702, 'Task', 'AWS::ECS::TaskDefinition', 'DELETE_COMPLETE'],
  [703, 'sluice-dev-app', stack, 'UPDATE_ROLLBACK_COMPLETE'],
];

test('a release with unhealthy tasks is reported, and that the previous tasks keep running', () => {
  const { watched, lines } = watch(release);
  assert.deepEqual(
    lines.map((line) => line.replace(/ {2,}.*/, '')),
    ['✓ Task', '✗ Service', '↩ rolling back', '✓ Service', '✓ Task'],
  );
  const issue = explainFailure('sluice-dev-app', watched.failure ?? assert.fail(), idsAlone);
  assert.match(issue.what, /^The new tasks did not become healthy, so the previous tasks keep running/);
  assert.match(issue.fix, /npm run logs -- ENV/);
});

/** A network interface of Lambda's is still in a subnet (aws/aws-cdk#14456). */
const deletion: readonly Line[] = [
  [0, 'sluice-dev-foundation', stack, 'DELETE_IN_PROGRESS', 'User Initiated'],
  [1, 'Subnet', 'AWS::EC2::Subnet', 'DELETE_IN_PROGRESS'],
  [
    600,
    'Subnet',
    'AWS::EC2::Subnet',
    'DELETE_FAILED',
    "The subnet 'subnet-1' has dependencies and cannot be deleted. (Service: AmazonEC2; Status Code: 400; Error Code: DependencyViolation)",
  ],
  [601, 'sluice-dev-foundation', stack, 'DELETE_FAILED', 'The following resource(s) failed to delete: [Subnet].'],
];

test('a subnet in use names the most frequent cause', () => {
  const { what, fix } = explainFailure(
    'sluice-dev-foundation',
    watch(deletion).watched.failure ?? assert.fail(),
    idsAlone,
  );
  assert.match(what, /^Another resource still uses it/);
  assert.match(fix, /network interface/);
});

test('a certificate in use is reported as such, and not as one that was not issued', () => {
  const event = {
    ...{ id: '1', atMs: 0, physicalId: '', resource: 'Certificate', status: 'DELETE_FAILED' },
    type: 'AWS::CertificateManager::Certificate',
    reason: 'Certificate arn:aws:acm:us-east-1:222222222222:certificate/1 in use. (Error Code: ResourceInUseException)',
  };
  const { what } = explainFailure('sluice-dev-edge', event, (id) => id);
  assert.match(what, /^Another resource still uses it/);
});

test('an existing OIDC provider of GitHub names the setting of the environment to change', () => {
  const reason =
    'Provider with url https://token.actions.githubusercontent.com already exists. (Service: Iam, Status Code: 409)';
  const event = toEvents([[1, 'GitHub', 'AWS::IAM::OIDCProvider', 'CREATE_FAILED', reason]])[0] ?? assert.fail();
  const { fix } = explainFailure('sluice-dev-pipeline', event, idsAlone);
  assert.match(fix, /^set pipeline\.makesProvider to false/);
});

test('an unknown failure keeps the message of CloudFormation', () => {
  const event = toEvents([[1, 'Odd', 'AWS::Odd::Thing', 'CREATE_FAILED', 'Something odd']])[0] ?? assert.fail();
  assert.equal(explainFailure('sluice-dev-app', event, idsAlone).what, 'Something odd');
});

test('maps each status that an earlier command may leave to the required step', () => {
  const needs = {
    CREATE_COMPLETE: 'nothing',
    UPDATE_COMPLETE: 'nothing',
    UPDATE_ROLLBACK_COMPLETE: 'nothing',
    CREATE_IN_PROGRESS: 'wait',
    UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: 'wait',
    DELETE_IN_PROGRESS: 'wait',
    ROLLBACK_COMPLETE: 'removal',
    ROLLBACK_FAILED: 'removal',
    CREATE_FAILED: 'removal',
    REVIEW_IN_PROGRESS: 'removal',
    UPDATE_ROLLBACK_FAILED: 'end of rollback',
    DELETE_FAILED: 'end of destruction',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(needs).map((status) => [status, requiredStepOf(status)])), needs);
  assert.equal(requiredStepOf(undefined), 'nothing');
});

test('no advice about a failed stack tells anyone to destroy the environment', () => {
  for (const [type, reason] of [
    ['AWS::ElasticLoadBalancingV2::LoadBalancer', 'cannot be deleted because deletion protection is enabled'],
    ['AWS::RDS::DBInstance', 'Cannot delete protected DB Instance, please disable deletion protection and try again.'],
    ['AWS::S3::Bucket', 'The bucket you tried to delete is not empty'],
    ['AWS::ECR::Repository', 'cannot be deleted because it still contains images'],
    ['AWS::S3::Bucket', 'one already exists'],
  ] as const) {
    const [event = assert.fail()] = toEvents([[1, 'One', type, 'DELETE_FAILED', reason]]);
    const { what, fix } = explainFailure('sluice-prod-app', event, idsAlone);
    assert.notEqual(what, reason);
    assert.doesNotMatch(fix, /destroy/);
  }
});

test('a stack never came up if its events begin with its creation and none completes it', () => {
  const name = 'sluice-dev-app';
  const events = (...statuses: readonly string[]) =>
    toEvents([
      ...statuses.map((status, index): Line => [index, name, stack, status]),
      [9, 'Cluster', 'AWS::ECS::Cluster', 'CREATE_COMPLETE'],
    ]);
  const failed = ['REVIEW_IN_PROGRESS', 'CREATE_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_FAILED'];
  assert.equal(neverCameUp(events(...failed, 'DELETE_IN_PROGRESS', 'DELETE_FAILED'), name), true);
  assert.equal(neverCameUp(events('CREATE_IN_PROGRESS', 'CREATE_COMPLETE', 'DELETE_FAILED'), name), false);
  for (const status of ['UPDATE_COMPLETE', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'IMPORT_COMPLETE'])
    assert.equal(neverCameUp(events('CREATE_IN_PROGRESS', status, 'DELETE_FAILED'), name), false, status);
  // CloudFormation has forgotten the creation, so the stack may hold data.
  assert.equal(neverCameUp(events('DELETE_IN_PROGRESS', 'DELETE_FAILED'), name), false);
  assert.equal(neverCameUp([], name), false);
});

test('formats a duration in seconds up to a minute, then in minutes', () => {
  assert.deepEqual([0, 59_400, 60_000, 370_000].map(formatDuration), ['0 s', '59 s', '1 min 0 s', '6 min 10 s']);
});
