import { inTurns, type Bench, type Measurement } from '../parts/bench.ts';
import { connections, loadAtFullSpeed, rateOf } from '../parts/full-speed.ts';
import { createPipeline, type Pipeline } from '../parts/pipeline.ts';
import { compareRounds } from '../parts/row.ts';
import { startServer } from '../parts/service.ts';
import { benchTablesOf } from '../parts/tables.ts';
import { file, tables } from '../tables/page-view.ts';

const awayMs = 5;
const itemsPerRequest = 1_000;

// No consumer runs, because it would be measured too. The queue is emptied between the slices.

export const postCount: Measurement = {
  name: 'post',
  run: async (bench, owner) => {
    const pipeline = await createPipeline(owner, bench.servers);
    const { port } = await pipeline.startProducer();
    const framework = await startServer(owner, ['bench/fastify-server/main.ts']);
    const plain = await startServer(owner, ['bench/json-server/main.ts']);
    const rateAt = async (server: { readonly port: number }) => rateOf(await loadAtFullSpeed(bench, [server.port]));
    const answer = async () => ({
      whole: await postSlice(bench, pipeline, port),
      framework: await rateAt(framework),
      plain: await rateAt(plain),
    });
    const noop = () => rateAt(bench.noop);
    bench.progress('warming up');
    await noop();
    await answer();
    const rounds = await inTurns(bench, answer, noop);
    const row = (measure: string, part: keyof Awaited<ReturnType<typeof answer>>) => {
      const rates = rounds.map(({ one, other }) => ({ one: one[part], other }));
      return { measure, ...compareRounds(rates, 'node:http server that does nothing', 'requests/s') };
    };
    return [
      { ...row(`POST /count, ${connections} connections`, 'whole'), target: { is: 'at least', value: 0.95 } },
      row('The same answer from only Fastify, without a queue', 'framework'),
      row('The same answer from only node:http, without Fastify', 'plain'),
    ];
  },
};

export const postAway: Measurement = {
  name: 'post-away',
  run: async (bench, owner) => {
    const { redis } = bench.servers;
    const delay = ['--target', String(redis.port), '--delay-ms', String(awayMs)];
    const proxy = await startServer(owner, ['bench/delay-proxy/main.ts', ...delay]);
    const pipeline = await createPipeline(owner, bench.servers, { redisPort: proxy.port });
    const { port } = await pipeline.startProducer();
    const post = () => postSlice(bench, pipeline, port);
    const limit = async () => (1000 * connections) / (2 * awayMs);
    bench.progress('warming up');
    await post();
    const rounds = await inTurns(bench, post, limit);
    return [
      {
        measure: `POST /count, Redis ${awayMs} ms away`,
        ...compareRounds(rounds, `${connections} ÷ (2 × ${awayMs} ms)`, 'requests/s'),
        target: { is: 'at least', value: 0.8 },
      },
    ];
  },
};

export const postCounts: Measurement = {
  name: 'post-counts',
  run: async (bench, owner) => {
    const pipeline = await createPipeline(owner, bench.servers);
    const { port } = await pipeline.startProducer();
    const single = () => postSlice(bench, pipeline, port);
    const many = async () => itemsPerRequest * (await postSlice(bench, pipeline, port, 'counts'));
    bench.progress('warming up');
    await single();
    await many();
    const rounds = await inTurns(bench, many, single);
    return [
      {
        measure: 'POST /counts, 1,000 a request',
        ...compareRounds(rounds, 'POST /count', 'counts/s'),
        target: { is: 'at least', value: 60 },
      },
    ];
  },
};

export const postRows: Measurement = {
  name: 'post-rows',
  run: async (bench, owner) => {
    const pageViews = benchTablesOf(file, tables);
    const ofCounts = await createPipeline(owner, bench.servers);
    const ofRows = await createPipeline(owner, bench.servers, { tables: pageViews });
    const counts = await ofCounts.startProducer();
    const rows = await ofRows.startProducer();
    const plain = await startServer(owner, ['bench/json-server/main.ts']);
    const count = () => postSlice(bench, ofCounts, counts.port);
    const row = () => postSlice(bench, ofRows, rows.port, 'row');
    const many = async () => itemsPerRequest * (await postSlice(bench, ofRows, rows.port, 'rows'));
    const manyParsed = async () =>
      itemsPerRequest * rateOf(await loadAtFullSpeed(bench, [plain.port], { request: 'rows' }));
    bench.progress('warming up');
    for (const warmUp of [count, row, many, manyParsed]) await warmUp();
    return [
      {
        measure: `POST of one row of ${pageViews.tables[0]?.columns.length} columns, ${connections} connections`,
        ...compareRounds(await inTurns(bench, row, count), 'POST /count', 'requests/s'),
        target: { is: 'at least', value: 0.8 },
      },
      {
        measure: 'POST of rows, 1,000 a request',
        ...compareRounds(await inTurns(bench, many, manyParsed), 'node:http server that parses them', 'rows/s'),
      },
    ];
  },
};

const postSlice = async (
  bench: Bench,
  pipeline: Pipeline,
  port: number,
  request: 'count' | 'counts' | 'row' | 'rows' = 'count',
): Promise<number> => {
  const rate = rateOf(await loadAtFullSpeed(bench, [port], { request }));
  await pipeline.emptyQueue();
  return rate;
};
