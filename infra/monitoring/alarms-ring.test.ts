import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environment } from '../schema/environment.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { readEnvironments } from '../read-environments.ts';
import { alarmSchema, isInAlarm, metricsOf, type Alarm, type Metric } from './evaluate-alarm-of-tests.ts';

/** The values of metrics, by their keys. A metric that is undefined has no point. */
type Values = Readonly<Record<string, number | undefined>>;
/** The values at a minute. */
type World = (minute: number) => Values;
type Lateness = Readonly<Record<string, number>>;

const environments = await readEnvironments();
const prod = environments.find(({ name }) => name === 'prod') ?? assert.fail();
const nodes = prod.queue.kind === 'nodes' ? prod.queue : assert.fail();
const variants: readonly Environment[] = [
  { ...prod, name: 'plain', hasContainerInsights: false },
  { ...prod, name: 'large', queue: { ...nodes, maxShards: 6, durability: 'async' } },
];

const keyOf = ({ Namespace, MetricName, Dimensions }: Metric): string => {
  const service = Dimensions.find(({ Name }) => Name.toLowerCase().startsWith('service'))?.Value;
  const namespace = Namespace.replace(/^Sluice.*/, 'Sluice').replace(/.*\//, '');
  return [namespace, MetricName, ...(typeof service === 'string' ? [service] : [])].join(' ');
};

/**
 * Returns the name of an alarm without its environment and number. Alarms of scaling are `Out` and
 * `In`.
 */
const nameOf = (id: string, { AlarmName }: Alarm): string =>
  AlarmName?.replace(/^sluice-[a-z0-9]+-/, '').replace(/-\d+$/, '') ??
  /TaskCountTarget(Out|In)(?=(?:Upper|Lower)Alarm)/.exec(id)?.[1] ??
  id;

const templates = await templatesOf([...environments, ...variants]);
/** All alarms, and of those with the same definition in several environments the first. */
const alarms = [
  ...new Map(
    templates.toReversed().flatMap(({ stack, Resources }) =>
      Object.entries(Resources)
        .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
        .map(([id, { Properties }]) => {
          const alarm = alarmSchema.parse(Properties);
          const definition = JSON.stringify(alarm).replaceAll(/(?<=sluice[-/])[a-z0-9]+/gi, '');
          return [definition, { title: `${stack} ${id}`, name: nameOf(id, alarm), alarm }] as const;
        }),
    ),
  ).values(),
];

const ofQueue = (gauge: string, value: number): Values => ({
  [`Sluice sluice_queue_${gauge} producer`]: value,
  [`Sluice sluice_queue_${gauge} consumer`]: value,
});

/** No traffic: load balancers and counters with labels have no points. */
const quiet: World = () => ({
  'ApplicationELB HTTPCode_Target_5XX_Count': undefined,
  'ApplicationELB HTTPCode_ELB_5XX_Count': undefined,
  'ApplicationELB TargetResponseTime': undefined,
  'ApplicationELB HealthyHostCount': 3,
  'ApplicationELB UnHealthyHostCount': 0,
  'ContainerInsights RunningTaskCount producer': 3,
  'ContainerInsights DesiredTaskCount producer': 3,
  'ContainerInsights RunningTaskCount consumer': 3,
  'ContainerInsights DesiredTaskCount consumer': 3,
  'ECS CPUUtilization consumer': 2,
  'Sluice sluice_refused_total producer': undefined,
  'Sluice sluice_retries_total consumer': undefined,
  'Sluice sluice_recorded_total consumer': 0,
  ...ofQueue('consumers', 3),
  ...ofQueue('oldest_age_seconds', 0),
  ...ofQueue('waiting_batches', 0),
  ...ofQueue('dead_letters', 0),
  'ElastiCache BytesUsedForCache': 1e6,
  'ElastiCache DatabaseCapacityUsageCountedForEvictPercentage': 2,
  'ElastiCache EngineCPUUtilization': 1,
  'ElastiCache DurabilityBufferExceededErrorCount': 0,
  'ElastiCache Evictions': 0,
  'ElastiCache IamAuthenticationThrottling': 0,
  'ElastiCache ReplicationLag': 0.01,
  'ElastiCache ThrottledCmds': 0,
  'ElastiCache TrafficManagementActive': 0,
  'Lambda Errors': undefined,
  'RDS CPUUtilization': 3,
  'RDS DatabaseConnections': 20,
  'RDS FreeStorageSpace': 5e10,
});

/** A full load that the consumers manage, with a bad minute and a task that starts now and then. */
const busy: World = (minute) => {
  const isBad = minute % 30 === 7;
  return {
    ...quiet(minute),
    'ApplicationELB HTTPCode_Target_5XX_Count': isBad ? 400 : 3,
    'ApplicationELB HTTPCode_ELB_5XX_Count': isBad ? 400 : undefined,
    'ApplicationELB TargetResponseTime': isBad ? 3 : 0.1,
    'ContainerInsights DesiredTaskCount producer': minute % 60 < 5 ? 4 : 3,
    'ECS CPUUtilization consumer': 70,
    'Sluice sluice_refused_total producer': isBad ? 400 : 0,
    'Sluice sluice_recorded_total consumer': 30e6,
    ...ofQueue('oldest_age_seconds', 0.4),
    ...ofQueue('waiting_batches', minute % 20 === 0 ? 0 : 40),
    'ElastiCache DatabaseCapacityUsageCountedForEvictPercentage': 30,
    'ElastiCache EngineCPUUtilization': isBad ? 85 : 50,
    'ElastiCache IamAuthenticationThrottling': isBad ? 1 : 0,
    'ElastiCache ReplicationLag': isBad ? 8 : 0.1,
    'ElastiCache TrafficManagementActive': isBad ? 1 : 0,
    'RDS CPUUtilization': isBad ? 95 : 70,
    'RDS DatabaseConnections': 30,
  };
};

const backlog: Values = { ...ofQueue('oldest_age_seconds', 200), ...ofQueue('waiting_batches', 9_000) };
const stuck: Values = { ...backlog, 'Sluice sluice_recorded_total consumer': 0 };

/** For each alarm, the faults that must raise it. Each lasts, or is over after some minutes. */
const faults: Readonly<Record<string, readonly { readonly values: Values; readonly minutes?: number }[]>> = {
  errors: [{ values: { 'ApplicationELB HTTPCode_Target_5XX_Count': 11 } }],
  'balancer-errors': [{ values: { 'ApplicationELB HTTPCode_ELB_5XX_Count': 11 } }],
  latency: [{ values: { 'ApplicationELB TargetResponseTime': 2.1 } }],
  'no-healthy-task': [
    { values: { 'ApplicationELB HealthyHostCount': 0 } },
    { values: { 'ApplicationELB HealthyHostCount': undefined } },
  ],
  'unhealthy-tasks': [{ values: { 'ApplicationELB UnHealthyHostCount': 1 } }],
  'internal-errors': [{ values: { 'Sluice sluice_refused_total producer': 11 } }],
  'missing-producers': [{ values: { 'ContainerInsights RunningTaskCount producer': 2 } }],
  'missing-consumers': [{ values: { 'ContainerInsights RunningTaskCount consumer': 0 } }],
  age: [
    { values: backlog },
    { values: { ...stuck, 'Sluice sluice_queue_oldest_age_seconds consumer': undefined } },
    { values: { ...stuck, 'Sluice sluice_queue_oldest_age_seconds producer': undefined } },
  ],
  'dead-letters': [{ values: ofQueue('dead_letters', 1) }],
  'no-progress': [{ values: stuck }, { values: { ...stuck, 'Sluice sluice_recorded_total consumer': undefined } }],
  'no-metrics': [{ values: { 'Sluice sluice_queue_consumers producer': undefined } }],
  'valkey-memory': [
    {
      values: {
        'ElastiCache BytesUsedForCache': 4.9e9,
        'ElastiCache DatabaseCapacityUsageCountedForEvictPercentage': 76,
      },
    },
  ],
  'valkey-cpu': [{ values: { 'ElastiCache EngineCPUUtilization': 81 } }],
  'valkey-throttled': [{ values: { 'ElastiCache ThrottledCmds': 1, 'ElastiCache TrafficManagementActive': 1 } }],
  'valkey-logins': [{ values: { 'ElastiCache IamAuthenticationThrottling': 1 } }],
  'valkey-replication': [{ values: { 'ElastiCache ReplicationLag': 5.1 } }],
  'valkey-durability': [{ values: { 'ElastiCache DurabilityBufferExceededErrorCount': 1 }, minutes: 1 }],
  'valkey-evictions': [{ values: { 'ElastiCache Evictions': 1 }, minutes: 1 }],
  'mysql-cpu': [{ values: { 'RDS CPUUtilization': 86 } }],
  'mysql-storage': [{ values: { 'RDS FreeStorageSpace': 1e9 } }],
  'mysql-connections': [{ values: { 'RDS DatabaseConnections': 300 } }],
  'rotation-migrator': [{ values: { 'Lambda Errors': 1 }, minutes: 1 }],
  'rotation-producer': [{ values: { 'Lambda Errors': 1 }, minutes: 1 }],
  'rotation-consumer': [{ values: { 'Lambda Errors': 1 }, minutes: 1 }],
  Out: [{ values: backlog }],
  In: [{ values: quiet(0) }],
};

/** Returns every combination of points that are 0 to 3 minutes late, each metric by itself. */
const latenessesOf = (alarm: Alarm): Lateness[] => {
  const keys = [...new Set(metricsOf(alarm).map(keyOf))];
  return Array.from({ length: 4 ** keys.length }, (_, combination) =>
    Object.fromEntries(keys.map((key, index) => [key, Math.floor(combination / 4 ** index) % 4])),
  );
};

/**
 * The points that CloudWatch retrieves beyond the evaluation periods. Its guide has an example with
 * two, and says that the number depends on the alarm.
 */
const extras = [2, 15];
/** The first minute for which all points that an alarm may retrieve are in the world. */
const firstMinute = 30;

/**
 * Evaluates an alarm as each minute from `firstMinute` to `end` is over, with each lateness. Returns
 * the first minute in which it is raised, or undefined, for each.
 */
const evaluate = (
  alarm: Alarm,
  world: World,
  end: number,
): { readonly at: number | undefined; readonly when: string }[] => {
  const worlds = Array.from({ length: end }, (_, minute) => world(minute));
  const pointsOf = new Map(
    metricsOf(alarm).map((metric) => {
      const key = keyOf(metric);
      return [key, worlds.map((values) => (key in values ? values[key] : assert.fail(`${key} has no healthy values`)))];
    }),
  );
  const isRaised = (now: number, lateness: Lateness, extra: number): boolean =>
    isInAlarm(alarm, (metric) => {
      const key = keyOf(metric);
      const late = lateness[key] ?? 0;
      const points = pointsOf.get(key)?.slice(now - alarm.EvaluationPeriods - extra, now - late) ?? [];
      return [...points, ...Array.from({ length: late }, () => undefined)];
    });
  return latenessesOf(alarm).flatMap((lateness) =>
    extras.map((extra) => {
      const minutes = Array.from({ length: end - firstMinute }, (_, index) => firstMinute + index + 1);
      const at = minutes.find((now) => isRaised(now, lateness, extra));
      return { at, when: `${extra} more points, minutes late: ${JSON.stringify(lateness)}` };
    }),
  );
};

test('each alarm is raised by each of its faults, however late its metrics are', () => {
  assert.deepEqual(
    Object.keys(faults).filter((name) => !alarms.some((alarm) => alarm.name === name)),
    [],
    'faults of alarms that do not exist',
  );
  for (const { title, name, alarm } of alarms)
    for (const { values, minutes = Infinity } of faults[name] ?? assert.fail(`${name} has no fault in this file`)) {
      const start = firstMinute + 15;
      const isFault = (minute: number): boolean => minute >= start && minute < start + minutes;
      const world: World = (minute) => ({ ...busy(minute), ...(isFault(minute) ? values : {}) });
      for (const { at, when } of evaluate(alarm, world, start + 30))
        assert.ok(at !== undefined && at > start, `${title}: raised at ${at} by ${JSON.stringify(values)}; ${when}`);
    }
});

const assertSilent = (name: string, world: World, minutes = 120): void => {
  for (const { title, alarm } of alarms.filter((each) => each.name === name))
    for (const { at, when } of evaluate(alarm, world, firstMinute + minutes))
      assert.equal(at, undefined, `${title}: raised without a fault; ${when}`);
};

test('no alarm is raised in healthy hours, with full load and without traffic', () => {
  const day: World = (minute) => (minute > 60 && minute < 120 ? quiet : busy)(minute);
  for (const name of Object.keys(faults)) assertSilent(name, name === 'In' ? busy : day);
});

test('a ledger that is unavailable does not scale the consumers out', () => {
  const age = (minute: number): Values => (minute < 60 ? {} : ofQueue('oldest_age_seconds', 89 + 60 * (minute - 60)));
  // Minute 60 reports the counts that were recorded just before it.
  const recorded = (minute: number): Values => (minute <= 60 ? {} : { 'Sluice sluice_recorded_total consumer': 0 });
  assertSilent('Out', (minute) => ({ ...busy(minute), ...age(minute), ...recorded(minute) }));
});

test('the consumers do not scale in under a full load that they manage', () => {
  for (const [cpu, waiting] of [
    [70, 0],
    [70, 40],
    // The ledger is the limit.
    [8, 40],
  ] as const) {
    assertSilent('In', (minute) => ({
      ...busy(minute),
      'ECS CPUUtilization consumer': cpu,
      ...ofQueue('waiting_batches', waiting),
    }));
  }
});
