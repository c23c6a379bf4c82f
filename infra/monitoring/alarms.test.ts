import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';

const environments = await readEnvironments();
const stage = environments.find(({ name }) => name === 'stage') ?? assert.fail();
const prod = environments.find(({ name }) => name === 'prod') ?? assert.fail();
const plain = { ...stage, name: 'plain', hasContainerInsights: false };
const nodes = prod.queue.kind === 'nodes' ? prod.queue : assert.fail();
const large = { ...prod, name: 'large', queue: { ...nodes, maxShards: 6, durability: 'async' as const } };
const templates = await templatesOf([...environments, plain, large]);
const templateOf = (name: string): Template =>
  Template.fromJSON(templates.find(({ stack }) => stack === `${name}/app`) ?? assert.fail());

type AlarmProperties = {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly unknown[];
  readonly OKActions: readonly unknown[];
  readonly TreatMissingData: string;
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
};

/** Returns the alarms that page someone, by name. The other alarms scale services. */
const alarmsOf = (name: string): Map<string, AlarmProperties> =>
  new Map(
    Object.values(templateOf(name).findResources('AWS::CloudWatch::Alarm'))
      .map(({ Properties }): AlarmProperties => Properties)
      .filter(({ AlarmName }) => AlarmName !== undefined)
      .map((properties) => [properties.AlarmName.replace(`sluice-${name}-`, ''), properties]),
  );

const everywhere = [
  ...['age', 'balancer-errors', 'dead-letters', 'errors', 'latency', 'mysql-connections', 'mysql-cpu', 'mysql-storage'],
  ...['internal-errors', 'missing-consumers', 'missing-producers', 'no-healthy-task', 'unhealthy-tasks'],
  ...['no-metrics', 'no-progress', 'rotation-consumer', 'rotation-migrator', 'rotation-producer'],
  ...['valkey-logins', 'valkey-memory', 'valkey-throttled'],
];

test('environments with hasAlarms have these alarms, and others none', () => {
  assert.deepEqual([...alarmsOf('test').keys(), ...alarmsOf('dev').keys()], []);
  assert.deepEqual([...alarmsOf('stage').keys()].toSorted(), [...everywhere, 'valkey-evictions'].toSorted());
  assert.deepEqual(
    [...alarmsOf('prod').keys()].toSorted(),
    [...everywhere, 'valkey-cpu', 'valkey-replication'].toSorted(),
  );
});

const page = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');

/** Returns the sections of a page, as links name them. */
const sectionsOf = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );

test('each alarm notifies the topic, and links to its section of the runbook in the repository of package.json', () => {
  const { repository }: { repository: string } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
  );
  assert.match(repository, /^https:\/\//);
  for (const name of ['stage', 'prod', 'large']) {
    for (const [alarm, { AlarmDescription, AlarmActions }] of alarmsOf(name)) {
      assert.equal(AlarmActions.length, 1);
      const section = alarm.replace(/-2$/, '');
      const url = `${repository}/blob/HEAD/docs/runbook.md#${section}`;
      assert.equal(AlarmDescription, `What to check and how to fix it: ${url}`);
      assert.ok(sectionsOf(page).has(section), section);
    }
  }
});

test('the runbook has one section for each alarm, and none for an alarm that does not exist', () => {
  const [, alarms = ''] = /^## Alarms$(.*?)^## /ms.exec(page) ?? [];
  const sections = [...alarms.matchAll(/^### (.+)$/gm)].map(([, title = '']) => title);
  const all = new Map([...alarmsOf('stage'), ...alarmsOf('prod'), ...alarmsOf('large')]);
  const existing = new Set([...all.keys()].map((name) => name.replace(/-2$/, '')));
  assert.deepEqual(sections.toSorted(), [...existing].toSorted(), 'docs/runbook.md, "Alarms"');
});

test('links within the runbook have a target, and a dead link is found', () => {
  const deadLinks = (text: string): string[] =>
    [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link).filter((link) => !sectionsOf(text).has(link));
  assert.deepEqual(deadLinks(page), []);
  assert.deepEqual(deadLinks(`${page}\n[x](#nowhere)\n`), ['nowhere']);
});

test('alarms and dashboard read the metrics of their own environment only', () => {
  for (const { name, hasAlarms } of environments) {
    const { Resources } = templates.find(({ stack }) => stack === `${name}/app`) ?? assert.fail();
    const published = [...JSON.stringify(Resources).matchAll(/"METRICS_NAMESPACE","Value":"([^"]+)"/g)];
    assert.deepEqual(
      published.map(([, namespace]) => namespace),
      // For producer, consumer and operator.
      Array.from({ length: 3 }, () => `Sluice/${name}`),
    );
    const read = [...JSON.stringify(Resources).matchAll(/(?<=Namespace":"|\[\\+")Sluice[^"\\]*/g)].map(
      ([found]) => found,
    );
    assert.ok(read.length > 5 || !hasAlarms);
    assert.deepEqual(
      read.filter((namespace) => namespace !== `Sluice/${name}`),
      [],
    );
  }
});

test('each alarm has its threshold and minutes, and also notifies when it is over', () => {
  const found = [...alarmsOf('prod')].map(
    ([alarm, { ComparisonOperator, Threshold, EvaluationPeriods, DatapointsToAlarm, OKActions }]) => {
      assert.equal(OKActions.length, 1);
      const sign = ComparisonOperator === 'GreaterThanThreshold' ? '>' : '<';
      return `${alarm} ${sign} ${Threshold} in ${DatapointsToAlarm} of ${EvaluationPeriods}`;
    },
  );
  assert.deepEqual(found.toSorted(), [
    'age > 120 in 3 of 5',
    'balancer-errors > 10 in 3 of 5',
    'dead-letters > 0 in 1 of 3',
    'errors > 10 in 3 of 5',
    'internal-errors > 10 in 3 of 5',
    'latency > 2 in 3 of 5',
    'missing-consumers > 0 in 9 of 10',
    'missing-producers > 0 in 9 of 10',
    'mysql-connections > 218 in 7 of 10',
    'mysql-cpu > 85 in 12 of 15',
    'mysql-storage < 10000000000 in 12 of 15',
    'no-healthy-task < 1 in 3 of 3',
    'no-metrics < 1 in 5 of 5',
    'no-progress > 0 in 5 of 8',
    'rotation-consumer > 0 in 1 of 3',
    'rotation-migrator > 0 in 1 of 3',
    'rotation-producer > 0 in 1 of 3',
    'unhealthy-tasks > 0 in 3 of 5',
    'valkey-cpu > 80 in 7 of 10',
    'valkey-logins > 0 in 3 of 5',
    'valkey-memory > 75 in 3 of 5',
    'valkey-replication > 5 in 3 of 5',
    'valkey-throttled > 0 in 3 of 5',
  ]);
});

type Metric = { readonly Namespace: string; readonly MetricName: string; readonly Dimensions: readonly object[] };

/**
 * Returns the metrics of an alarm as `NAMESPACE NAME`, with the dimensions that are plain strings
 * in the template.
 */
const metricsOf = (properties: Readonly<Record<string, unknown>>): string[] => {
  const listed: unknown = properties['Metrics'] ?? [{ MetricStat: { Metric: properties } }];
  assert.ok(Array.isArray(listed));
  return listed.flatMap(({ MetricStat }: { readonly MetricStat?: { readonly Metric: Metric } }) => {
    if (MetricStat === undefined) return [];
    const { Namespace, MetricName, Dimensions } = MetricStat.Metric;
    const values = Dimensions.flatMap((each) =>
      'Value' in each && 'Name' in each && typeof each.Value === 'string' ? `${String(each.Name)}=${each.Value}` : [],
    );
    return [Namespace, MetricName, ...values].join(' ');
  });
};

/** Returns the metrics of Valkey that alarms and dashboard read, as `NAME DIMENSION=VALUE …`. */
const metricsOfValkey = (environment: string): string[] => {
  const alarms = Object.values(templateOf(environment).findResources('AWS::CloudWatch::Alarm')).flatMap(
    ({ Properties }) => metricsOf(Properties),
  );
  const [{ Properties } = assert.fail()] = Object.values(
    templateOf(environment).findResources('AWS::CloudWatch::Dashboard'),
  );
  const body = JSON.stringify(Properties.DashboardBody).replaceAll('\\', '');
  const drawn = [...body.matchAll(/\["AWS\/ElastiCache",([^\]{]+)/g)].map(([, listed = '']) => {
    const [name, ...dimensions] = listed.split(',').map((part) => part.replaceAll('"', ''));
    const pairs = dimensions.flatMap((part, index) =>
      index % 2 === 1 && part !== '' ? `${dimensions[index - 1]}=${part}` : [],
    );
    return ['AWS/ElastiCache', name, ...pairs].join(' ');
  });
  return [...new Set([...alarms, ...drawn])]
    .filter((metric) => metric.startsWith('AWS/ElastiCache '))
    .map((metric) => metric.replace('AWS/ElastiCache ', ''))
    .toSorted();
};

test('Valkey Serverless and the cluster have these metrics only with these dimensions', () => {
  assert.deepEqual(metricsOfValkey('stage'), [
    'BytesUsedForCache clusterId=sluice-stage',
    'ElastiCacheProcessingUnits clusterId=sluice-stage',
    'Evictions clusterId=sluice-stage',
    'IamAuthenticationThrottling clusterId=sluice-stage',
    'ThrottledCmds clusterId=sluice-stage',
  ]);
  assert.deepEqual(
    metricsOfValkey('prod').filter((metric) => !metric.includes('CacheNodeId')),
    [
      'DatabaseCapacityUsageCountedForEvictPercentage ReplicationGroupId=sluice-prod',
      'EngineCPUUtilization ReplicationGroupId=sluice-prod Role=Primary',
    ],
  );
});

test('the alarms of nodes watch every node that the cluster may have, with at most ten metrics each', () => {
  for (const [environment, shards, names] of [
    ['prod', 4, ['IamAuthenticationThrottling', 'ReplicationLag', 'TrafficManagementActive']],
    [
      'large',
      6,
      [
        'DurabilityBufferExceededErrorCount',
        'IamAuthenticationThrottling',
        'ReplicationLag',
        'TrafficManagementActive',
      ],
    ],
  ] as const) {
    const ids = Array.from({ length: shards }, (_, shard) => [1, 2].map((node) => `000${shard + 1}-00${node}`)).flat();
    assert.deepEqual(
      metricsOfValkey(environment).filter((metric) => metric.includes('CacheNodeId')),
      names.flatMap((name) => ids.map((id) => `${name} CacheClusterId=sluice-${environment}-${id} CacheNodeId=0001`)),
    );
    for (const { Properties } of Object.values(templateOf(environment).findResources('AWS::CloudWatch::Alarm')))
      assert.ok(metricsOf(Properties).length <= 10);
  }
  assert.ok(alarmsOf('large').has('valkey-replication-2'));
});

test('missing metrics raise an alarm', () => {
  const alarms = alarmsOf('prod');
  for (const name of ['no-metrics', 'no-healthy-task']) assert.equal(alarms.get(name)?.TreatMissingData, 'breaching');
});

test('a release is rolled back by the alarms of what it may break', () => {
  for (const [service, alarms] of [
    ['producer', ['unhealthy-tasks', 'internal-errors', 'missing-producers']],
    ['consumer', ['no-progress', 'missing-consumers']],
  ] as const) {
    templateOf('prod').hasResourceProperties('AWS::ECS::Service', {
      ServiceName: service,
      DeploymentConfiguration: {
        Alarms: { AlarmNames: alarms.map((alarm) => `sluice-prod-${alarm}`), Enable: true, Rollback: true },
      },
    });
    // The alarms exist before the service does.
    const made = Object.entries(templateOf('prod').findResources('AWS::CloudWatch::Alarm'))
      .filter(([, { Properties }]) => alarms.some((alarm) => Properties.AlarmName === `sluice-prod-${alarm}`))
      .map(([id]) => id);
    const [{ DependsOn } = assert.fail()] = Object.values(
      templateOf('prod').findResources('AWS::ECS::Service', { Properties: { ServiceName: service } }),
    );
    assert.deepEqual(
      made.filter((id) => !DependsOn.includes(id)),
      [],
    );
  }
});

test('no client can roll a release back: the alarms of a deployment count no response that a client can provoke', () => {
  const template = templateOf('prod');
  const byName = new Map(
    Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => [
      String(Properties.AlarmName),
      metricsOf(Properties),
    ]),
  );
  const watched = Object.values(template.findResources('AWS::ECS::Service')).flatMap(
    ({ Properties }): string[] => Properties.DeploymentConfiguration.Alarms.AlarmNames,
  );
  assert.deepEqual(watched.flatMap((name) => byName.get(name) ?? assert.fail(name)).toSorted(), [
    'AWS/ApplicationELB UnHealthyHostCount',
    'ECS/ContainerInsights DesiredTaskCount ClusterName=sluice-prod ServiceName=consumer',
    'ECS/ContainerInsights DesiredTaskCount ClusterName=sluice-prod ServiceName=producer',
    'ECS/ContainerInsights RunningTaskCount ClusterName=sluice-prod ServiceName=consumer',
    'ECS/ContainerInsights RunningTaskCount ClusterName=sluice-prod ServiceName=producer',
    'Sluice/prod sluice_queue_waiting_batches service=producer',
    'Sluice/prod sluice_recorded_total service=consumer',
    'Sluice/prod sluice_refused_total reason=internal_error service=producer',
  ]);
});

test('the API counts its own failures under the name and reason that their alarm reads', () => {
  const read = (file: string) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  assert.match(read('apps/producer/metrics.ts'), /metrics\.counter\('refused_total', '[^']+', \['reason'\]\)/);
  assert.match(read('packages/contract/problem.ts'), /^ +'internal_error',$/m);
});

test('without Container Insights, no alarm reads its metrics', () => {
  const template = templateOf('plain');
  assert.doesNotMatch(JSON.stringify(template.findResources('AWS::CloudWatch::Alarm')), /ContainerInsights/);
  assert.doesNotMatch(JSON.stringify(template.findResources('AWS::ECS::Service')), /missing-/);
});

test('the topic is encrypted with a key that its publishers may use', () => {
  const template = templateOf('prod');
  template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
  const policies = JSON.stringify([
    template.findResources('AWS::KMS::Key'),
    template.findResources('AWS::SNS::TopicPolicy'),
  ]);
  for (const teller of ['cloudwatch', 'budgets', 'events.rds'])
    assert.ok(policies.split(`"${teller}.amazonaws.com"`).length > 2, teller);
  template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
});

test('only its publishers, for this account, may write to the topic, and they are created after its policy', () => {
  const template = templateOf('prod');
  const [[policy, { Properties }] = assert.fail()] = Object.entries(template.findResources('AWS::SNS::TopicPolicy'));
  const allowed = Properties.PolicyDocument.Statement.filter(
    ({ Effect }: { readonly Effect: string }) => Effect === 'Allow',
  );
  assert.deepEqual(
    allowed.map(({ Action, Condition }: { readonly Action: string; readonly Condition: unknown }) => [
      Action,
      Condition,
    ]),
    [['sns:Publish', { StringEquals: { 'aws:SourceAccount': '444444444444' } }]],
  );
  for (const type of ['AWS::RDS::EventSubscription', 'AWS::Budgets::Budget'])
    template.hasResource(type, { DependsOn: Match.arrayWith([policy]) });
});

test('errors of the API and of the load balancer have an alarm each, because one may arrive later', () => {
  for (const [alarm, MetricName] of [
    ['errors', 'HTTPCode_Target_5XX_Count'],
    ['balancer-errors', 'HTTPCode_ELB_5XX_Count'],
  ])
    templateOf('prod').hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: `sluice-prod-${alarm}`,
      MetricName,
      Statistic: 'Sum',
    });
});

test('failovers and spending beyond the budget notify the topic', () => {
  const template = templateOf('prod');
  template.hasResourceProperties('AWS::RDS::EventSubscription', {
    SourceIds: ['sluice-prod'],
    EventCategories: Match.arrayWith(['failover']),
  });
  template.hasResourceProperties('AWS::Budgets::Budget', {
    Budget: { BudgetLimit: { Amount: 2_500, Unit: 'USD' }, CostFilters: { TagKeyValue: ['user:environment$prod'] } },
    NotificationsWithSubscribers: [Match.anyValue(), Match.anyValue()],
  });
});

test('an environment with alarms has a dashboard of the data flow', () => {
  for (const { name, hasAlarms } of environments) {
    const [dashboard] = Object.values(templateOf(name).findResources('AWS::CloudWatch::Dashboard'));
    if (!hasAlarms) {
      assert.equal(dashboard, undefined);
      continue;
    }
    assert.equal(dashboard?.['Properties'].DashboardName, `sluice-${name}`);
    const body = JSON.stringify(dashboard?.['Properties'].DashboardBody);
    const titles = [...body.matchAll(/\\"title\\":\\"([^\\]+)\\"/g)].map(([, title]) => title);
    assert.deepEqual(titles.slice(0, 4), ['Counts acknowledged', 'Waiting', 'Counts recorded', 'Transactions (s)']);
  }
});
