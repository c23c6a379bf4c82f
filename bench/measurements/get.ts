import { inTurns, type Measurement } from '../parts/bench.ts';
import { connections, loadAtFullSpeed, rateOf } from '../parts/full-speed.ts';
import { createPipeline, type Pipeline } from '../parts/pipeline.ts';
import { compareRounds } from '../parts/row.ts';
import { formatNumber } from '../report/table.ts';

const fewRows = 1_000;
const manyRows = 10_000_000;

export const getCount: Measurement = {
  name: 'get',
  run: async (bench, owner) => {
    const pipeline = await createPipeline(owner, bench.servers);
    await fillLedger(pipeline, fewRows);
    const { port } = await pipeline.startProducer();
    const ask = async (ofPort: number) => rateOf(await loadAtFullSpeed(bench, [ofPort], { request: 'get' }));
    const get = () => ask(port);
    const noop = () => ask(bench.noop.port);
    bench.progress('warming up');
    await noop();
    await get();
    const rates = await inTurns(bench, get, noop);
    return [
      {
        measure: `GET /count, ${connections} connections`,
        ...compareRounds(rates, 'node:http server that does nothing', 'requests/s'),
        target: { is: 'at least', value: 0.85 },
      },
    ];
  },
};

export const getFromMany: Measurement = {
  name: 'get-large',
  run: async (bench, owner) => {
    const rows = bench.isQuick ? manyRows / 500 : manyRows;
    const few = await createPipeline(owner, bench.servers);
    const many = await createPipeline(owner, bench.servers);
    await fillLedger(few, fewRows);
    bench.progress(`recording ${formatNumber(rows, 0)} rows`);
    const startedAt = performance.now();
    await fillLedger(many, rows);
    bench.progress(`recorded in ${formatNumber((performance.now() - startedAt) / 1000, 1)} s`);
    const [{ port: fewPort }, { port: manyPort }] = await Promise.all([few.startProducer(), many.startProducer()]);
    // One connection, to measure a GET without its time in a queue.
    const latency = async (port: number) =>
      (await bench.load({ kind: 'full speed', request: 'get', ports: [port], connections: 1, ms: bench.sliceMs })).p50;
    const ofMany = () => latency(manyPort);
    const ofFew = () => latency(fewPort);
    bench.progress('warming up');
    await ofMany();
    await ofFew();
    return [
      {
        measure: `GET /count, latency at ${formatNumber(rows, 0)} rows`,
        ...compareRounds(await inTurns(bench, ofMany, ofFew), `at ${formatNumber(fewRows, 0)} rows`, 'ms', 3),
        target: { is: 'at most', value: 1.1 },
      },
    ];
  },
};

/** Fills an empty ledger by doubling its rows, and writes their number into `totals`. */
const fillLedger = async ({ sql }: Pipeline, rows: number): Promise<void> => {
  await sql.query('INSERT INTO `count` (count_value) VALUES (1700000000)');
  for (let made = 1; made < rows;) {
    const more = Math.min(made, rows - made);
    // Each statement doubles the rows of the last one.
    await sql.query('INSERT INTO `count` (count_value) SELECT count_value FROM `count` LIMIT ?', [more]);
    made += more;
  }
  await sql.query('INSERT INTO totals (slot, rows_count) VALUES (0, ?)', [rows]);
};
