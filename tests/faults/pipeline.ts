import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/ports.ts';
import { testRedis } from '@sluice/test-servers/environment.ts';
import { createTestLedger } from '@sluice/test-servers/ledger.ts';
import { createTestQueue } from '@sluice/test-servers/queue.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

/** A process of the pipeline that a test may break. */
export type Service = {
  readonly child: ChildProcess;
  /** `kill -9`; resolves when it is dead. */
  readonly kill: () => Promise<void>;
};

/** A producer and as many consumers as the test starts, on a queue and a schema of its own. */
export const createPipeline = async (test: TestContext) => {
  const queue = await createTestQueue(test);
  const ledger = await createTestLedger(test);
  const port = await findFreePort();
  const { host, port: redisPort, password } = testRedis();
  const environment = {
    REDIS_HOST: host,
    REDIS_PORT: String(redisPort),
    REDIS_PASSWORD: password,
    REDIS_QUEUE: queue.name,
    DB_HOST: ledger.settings.host,
    DB_PORT: String(ledger.settings.port),
    DB_USER: ledger.settings.user,
    DB_PASSWORD: ledger.settings.password,
    DB_NAME: ledger.settings.database,
    HTTP_PORT: String(port),
  };

  /** Starts a service and waits until it is up. */
  const start = async (name: 'producer' | 'consumer'): Promise<Service> => {
    const child = spawn(process.execPath, [join(repository, `apps/${name}/main.ts`)], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const kill = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    test.after(kill);
    let isUp = false;
    createInterface({ input: child.stdout }).on('line', (line) => {
      isUp ||= line.includes('"msg":"started"');
    });
    await waitUntil(() => {
      if (child.exitCode !== null) throw new Error(`The ${name} ended with ${child.exitCode}`);
      return isUp;
    }, 15_000);
    return { child, kill };
  };

  return { start, queue, ledger, address: `http://127.0.0.1:${port}` };
};
