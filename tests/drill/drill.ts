import { setTimeout as pause } from 'node:timers/promises';
import { describeRun } from '@sluice/bench/report/machine.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { check } from './checker/check.ts';
import { checkCourse } from './checker/check-course.ts';
import { findOutages } from './checker/outages.ts';
import { readRecorded } from './checker/read-recorded.ts';
import { startClient, type Client } from './client/client.ts';
import type { Posted, Read } from './client/history.ts';
import { faultOf } from './faults/all.ts';
import { hostOf } from './hosts/hosts.ts';
import type { Sample } from './report/chart.ts';
import { formatSeconds } from './report/format.ts';
import { recoveredRequests, type Run } from './report/report.ts';
import { runSchedule, type Happened } from './schedule/run-schedule.ts';
import type { Planned } from './schedule/schedule.ts';
import { redisPassword, redisPort } from './system/ask-redis.ts';
import { apiAddress } from './system/balancer.ts';
import { countEntries } from './system/count-entries.ts';
import { login, mysqlPort } from './system/database.ts';
import { primaries, untilHome } from './system/shards.ts';
import type { System } from './system/system.ts';
import { untilDone } from './system/until-done.ts';

const requestsASecond = 150;
const sampleEveryMs = 1_000;
const recoverWithinMs = 120_000;
const drainWithinMs = 300_000;
const drainPollMs = 500;

/** All that Sluice has recorded, by its own totals. */
const totalSql =
  'SELECT (SELECT COALESCE(SUM(rows_count), 0) FROM count.totals) + (SELECT COALESCE(SUM(rows_count), 0) FROM count.table_totals) AS total';

/**
 * Loads the system, causes the faults, waits until all is recorded, and compares what clients saw
 * with what the database holds. The load lasts at least `minMs`. `say` gets the time since the start
 * of the load in ms, and a line.
 */
export const drill = async (
  system: System,
  planned: readonly Planned[],
  minMs: number,
  say: (ms: number, text: string) => void,
): Promise<Omit<Run, 'seed'>> => {
  const about = await describeSystem(system);
  const posted: Posted[] = [];
  const reads: Read[] = [];
  const client = startClient({
    address: apiAddress,
    rate: requestsASecond,
    onPosted: (request) => posted.push(request),
    onRead: (read) => reads.push(read),
  });
  const sampling = new AbortController();
  const sampled = takeSamples(client, system, sampling.signal);
  const onEnd = (happened: Happened) => say(happened.begunAt, describe(happened));
  const faults = await runSchedule(planned, { scene: { system, client }, faultOf, now: client.now, onEnd });

  const enough = client.acknowledgedAt.length + recoveredRequests;
  const isRecovered = () => client.acknowledgedAt.length >= enough;
  const recoveredMs = await timeOf(() => waitUntil(isRecovered, recoverWithinMs));
  await pause(Math.max(0, minMs - client.now()));
  const lastedMs = client.now();
  await client.stop();
  say(client.now(), 'the load has ended; waiting until the queue is empty');
  const drainedMs = await timeOf(untilDrained);
  sampling.abort();
  const samples = await sampled;

  const findings = [
    ...checkCourse(faults, recoveredMs, drainedMs),
    ...check({ posted, reads }, await untilDone(() => readRecorded(system))),
  ];
  const outages = findOutages(client.acknowledgedAt, lastedMs);
  return {
    about,
    findings,
    posted,
    unsent: client.unsent(),
    reads,
    samples,
    faults,
    outages,
    lastedMs,
    recoveredMs,
    drainedMs,
  };
};

/** Reads what is acknowledged and recorded once a second, until the signal. */
const takeSamples = async (client: Client, { database }: System, until: AbortSignal): Promise<Sample[]> => {
  const samples: Sample[] = [];
  while (!until.aborted) {
    const [row] = await database.ask(totalSql).catch(() => []);
    const recorded = row === undefined ? undefined : Number(row['total']);
    samples.push({ at: client.now(), acknowledged: client.acknowledged(), recorded });
    await pause(sampleEveryMs);
  }
  return samples;
};

/** Returns the time in ms that work takes, Infinity if it fails. */
const timeOf = async (work: () => Promise<void>): Promise<number> => {
  const startedAt = performance.now();
  try {
    await work();
    return performance.now() - startedAt;
  } catch {
    return Infinity;
  }
};

const untilDrained = async (): Promise<void> => {
  await untilHome();
  await waitUntil(isDrained, drainWithinMs);
};

const isDrained = async (): Promise<boolean> => {
  await pause(drainPollMs);
  return (await countEntries('stream')) === 0;
};

const describe = ({ kind, target, effect, effectAt, begunAt, healingAt, healedAt, error }: Happened): string => {
  const name = `${kind} (${target})`;
  if (error !== undefined) return `${name}: FAILED, ${error}`;
  const after = formatSeconds(Number(effectAt) - begunAt);
  return `${name}: ${effect} [effect ${after}, whole again after ${formatSeconds(Number(healedAt) - Number(healingAt))}]`;
};

const describeSystem = ({ database }: System): Promise<string[]> => {
  const redis = { host: hostOf(primaries[0] ?? '').address, port: redisPort, password: redisPassword };
  const mysql = { host: database.process().host.address, port: mysqlPort, user: 'root', password: login.password };
  return describeRun({ redis, mysql, pids: () => [] });
};
