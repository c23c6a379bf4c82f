import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { serviceArguments, serviceEnvironment } from '@sluice/local/service-command.ts';
import { readPartitions } from '@sluice/queue/admin/partition-registry.ts';
import { testMysql, testRedis, type TestMysql, type TestRedis } from './environment.ts';
import { createTestLedger } from './ledger.ts';
import { createTestQueue } from './queue.ts';
import { waitUntil } from './wait.ts';

type Environment = Readonly<Record<string, string>>;

type CommandOutcome = { readonly code: number; readonly output: string };

/** A process of the pipeline that a test may kill or signal. */
export type Service = {
  readonly pid: number;
  /** The lines that it logged. */
  readonly lines: readonly string[];
  readonly hasEnded: () => boolean;
  /** Sends a signal; resolves with the exit code or signal, and the time until the exit. */
  readonly end: (signal: NodeJS.Signals) => Promise<{ code: number | null; signal: string | null; ms: number }>;
};

/** Servers that one test breaks, in place of those that the tests share. */
type Servers = { readonly redis?: TestRedis; readonly mysql?: TestMysql };

/** Creates a queue, a schema and functions to start producers and consumers on them. */
export const createPipeline = async (test: TestContext, { redis = testRedis(), mysql = testMysql() }: Servers = {}) => {
  const queue = await createTestQueue(test, redis);
  const ledger = await createTestLedger(test, mysql);
  const port = await findFreePort();
  const { host, port: redisPort, password, isCluster = false } = redis;
  const { host: dbHost, port: dbPort, database } = ledger.settings;
  const environment: Environment = {
    ...serviceEnvironment(),
    REDIS_HOST: host,
    REDIS_PORT: String(redisPort),
    ...(password === undefined ? {} : { REDIS_PASSWORD: password }),
    REDIS_CLUSTER: String(isCluster),
    REDIS_QUEUE: queue.name,
    DB_HOST: dbHost,
    DB_PORT: String(dbPort),
    DB_USER: ledger.login.username,
    DB_PASSWORD: ledger.login.password,
    DB_NAME: database,
    HTTP_PORT: String(port),
  };

  /** Starts a service and waits until it is up. `through`: a command that runs Node. */
  const start = async (
    name: 'producer' | 'consumer',
    own: Environment = {},
    through: readonly string[] = [],
  ): Promise<Service> => {
    const [program, ...before] = [...through, process.execPath];
    const child = spawn(program, [...before, ...serviceArguments(name)], {
      env: { ...process.env, ...environment, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'exit');
    const lines: string[] = [];
    // A collector of logs parses each line as JSON, and nobody sees what is not in the log.
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
    const end: Service['end'] = async (signal) => {
      const startedAt = performance.now();
      child.kill(signal);
      await ended;
      return { code: child.exitCode, signal: child.signalCode, ms: performance.now() - startedAt };
    };
    test.after(async () => {
      await end('SIGKILL');
      assert.equal(errors, '', `the ${name} wrote to standard error`);
    });
    const isUp = () => hasEnded() || lines.some((line) => line.includes('"msg":"started"'));
    await waitUntil(isUp).catch(() => undefined);
    if (hasEnded() || !isUp()) throw new Error(`The ${name} did not start:\n${[...lines, errors].join('\n')}`);
    return { pid: Number(child.pid), lines, hasEnded, end };
  };

  /** Runs a command of an app; resolves with its exit code and its output. */
  const command = (app: string, words: readonly string[], own: Environment = {}): Promise<CommandOutcome> =>
    new Promise((resolve) => {
      const main = join(repository, 'apps', app, 'main.ts');
      const child = execFile(
        process.execPath,
        [main, ...words],
        { env: { ...process.env, ...environment, ...own } },
        (_error, stdout, stderr) => resolve({ code: Number(child.exitCode), output: stdout + stderr }),
      );
    });

  const operate = (...words: string[]) => command('consumer/operator', words);

  const address = `http://127.0.0.1:${port}`;
  const post = async (count: number): Promise<void> => {
    const response = await fetch(`${address}/count`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ count }),
    });
    assert.equal(response.status, 201, await response.text());
  };

  /** Returns the number of counts that wait in the first partition. */
  const countWaiting = async (): Promise<number> => {
    const entries = (await queue.admin.xRange(queue.partition.stream, '-', '+')) ?? [];
    return entries.flatMap(({ message }) => message['v']?.split(',') ?? []).length;
  };

  /** Waits until `rows` counts are recorded. */
  const untilRecorded = (rows: number, withinMs = 60_000) =>
    waitUntil(async () => (await ledger.readCounts()).length === rows, withinMs);

  const connection = queue.connect();
  /** Returns true if there are partitions and all are empty, and false if Redis is unavailable. */
  const isDrained = async (): Promise<boolean> => {
    try {
      const partitions = await readPartitions(connection, queue.name);
      const lengths = partitions.map(({ stream }) => connection.run(stream, (client) => client.xLen(stream), 5_000));
      return lengths.length > 0 && (await Promise.all(lengths)).every((length) => length === 0);
    } catch {
      return false;
    }
  };

  return {
    start,
    command,
    operate,
    post,
    countWaiting,
    isDrained,
    untilRecorded,
    queue,
    ledger,
    address,
    environment,
  };
};
