import { parseArgs } from 'node:util';
import { compileServices } from '@sluice/local/compile-services.ts';
import type { RowDataPacket } from 'mysql2/promise';
import { startLoad } from '../parts/load.ts';
import { withOwner, type Owner } from '../parts/owner.ts';
import { createPipeline, type Pipeline } from '../parts/pipeline.ts';
import { minutesSoFar, runCommand, say, type UnlessStopped } from '../parts/run-command.ts';
import { startServers } from '../parts/servers.ts';
import { benchTablesOf } from '../parts/tables.ts';
import { describeRun } from '../report/machine.ts';
import { formatNumber, writeSoak } from '../report/table.ts';
import { file, tables } from '../tables/page-view.ts';
import { gaugesOf, type Gauge, type Interval } from './gauges.ts';
import { formatCourses } from './report.ts';

// `npm run soak [-- --minutes 60] [-- --rate 500]`: keeps the pipeline under a load of counts at a
// fixed rate and of rows, and shows what grows. Growth is not a failure. A lost count or row is one.

const leastIntervalMs = 5_000;
const intervals = 60;
const connections = 16;
// A run of this length is written to the document.
const writtenMinutes = 60;

/** Parses the command line. Throws at an unknown option or a bad value. */
const readWish = () => {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '60' }, rate: { type: 'string', default: '500' } },
  });
  const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
  if (!(minutes >= 0.5 && minutes <= 10_080)) throw new Error('--minutes takes a number from 0.5 to 10080 (a week)');
  if (!(Number.isInteger(rate) && rate >= 1 && rate <= 100_000)) {
    throw new Error('--rate takes a whole number of counts a second, from 1 to 100000');
  }
  return { minutes, rate };
};

/** The requests of one kind by their answers. A refused one may be recorded all the same. */
type Posted = { acknowledged: number; refused: number };

/** Throws if the table lacks what was acknowledged, or has more than was sent. */
const assertRecorded = async ({ sql }: Pipeline, table: string, { acknowledged, refused }: Posted): Promise<void> => {
  const [[row]] = await sql.query<RowDataPacket[]>('SELECT COUNT(*) AS number FROM ??', [table]);
  const recorded = Number(row?.['number']);
  if (recorded < acknowledged || recorded > acknowledged + refused) {
    throw new Error(`${table}: ${acknowledged} acknowledged, ${refused} refused, ${recorded} recorded`);
  }
};

/** Starts a pipeline, and returns functions to load it, to read what may grow, and to check it. */
const createSubject = async (owner: Owner, rate: number) => {
  const servers = await startServers(owner, say);
  await compileServices();
  const pipeline = await createPipeline(owner, servers, { tables: benchTablesOf(file, tables) });
  const [producer, consumer] = await Promise.all([pipeline.startProducer(), pipeline.startConsumer()]);
  // Each process has one load at a time.
  const [loadCounts, loadRows] = [startLoad(owner, say), startLoad(owner, say)];
  const ports = [producer.port];
  const posted = { counts: { acknowledged: 0, refused: 0 }, rows: { acknowledged: 0, refused: 0 } };

  const load = async (ms: number): Promise<Interval> => {
    const [counts, rows] = await Promise.all([
      loadCounts({ kind: 'visible', request: 'count', port: producer.port, connections, perSecond: rate, ms }),
      loadRows({ kind: 'full speed', request: 'row', ports, connections: 1, ms }),
    ]);
    for (const [kind, { requests, refused }] of Object.entries({ counts, rows })) {
      const all = kind === 'counts' ? posted.counts : posted.rows;
      all.acknowledged += requests;
      all.refused += refused;
    }
    return { counts, rows };
  };

  const check = async () => {
    await pipeline.untilDrained();
    await assertRecorded(pipeline, 'count', posted.counts);
    await assertRecorded(pipeline, 'page_view', posted.rows);
    return posted;
  };

  const gauges = gaugesOf({ producer, consumer, pipeline, servers });
  return { load, gauges, check, about: await describeRun(servers) };
};

const readAll = (gauges: readonly Gauge[], interval: Interval): Promise<number[]> =>
  Promise.all(gauges.map(async ({ read }) => read(interval)));

/** Returns the progress in one line: memory, and the worst latency. */
const describe = (gauges: readonly Gauge[], values: readonly number[]): string =>
  gauges
    .map(({ what, unit, digits = 0 }, index) => `${what} ${formatNumber(values[index] ?? 0, digits)} ${unit}`)
    .filter((text) => /^Memory|p99/.test(text))
    .join(', ');

const soak = async (owner: Owner, unlessStopped: UnlessStopped): Promise<void> => {
  const { minutes, rate } = readWish();
  const { load, gauges, check, about } = await unlessStopped(createSubject(owner, rate));
  const ms = Math.max(leastIntervalMs, (minutes * 60_000) / intervals);
  const times = Math.round((minutes * 60_000) / ms);
  const samples: number[][] = [];
  while (samples.length < times) {
    const values = await unlessStopped(load(ms).then((interval) => readAll(gauges, interval)));
    samples.push(values);
    say(`${samples.length}/${times} ${describe(gauges, values)}`);
  }
  const posted = await unlessStopped(check());
  const run = [
    ...about.map((line) => `- ${line}`),
    `- Run: ${rate} counts a second over ${connections} connections and rows over one, for ${minutesSoFar()} minutes`,
    `- Recorded once: all ${formatNumber(posted.counts.acknowledged, 0)} acknowledged counts and all ${formatNumber(posted.rows.acknowledged, 0)} acknowledged rows`,
    '',
    formatCourses(gauges.map((gauge, index) => ({ gauge, values: samples.map((sample) => sample[index] ?? 0) }))),
  ].join('\n');
  console.log(`\n${run}`);
  if (minutes < writtenMinutes) return;
  writeSoak(run);
  console.log('\nWritten to docs/benchmarks.md');
};

await runCommand((unlessStopped) => withOwner((owner) => soak(owner, unlessStopped)));
