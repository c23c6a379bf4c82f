type Manifest = Readonly<Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>>;

const manifest = (name: string, fields: Partial<Manifest> = {}): string =>
  JSON.stringify({ name: `@sluice/${name}`, version: '0.1.0', private: true, type: 'module', ...fields });

/** A repository in small, by path. Its files keep the rules and do what their places alone are allowed. */
export const skeleton: Readonly<Record<string, string>> = {
  'apps/frontend/package.json': manifest('frontend', { dependencies: { '@sluice/contract': '0.1.0' } }),
  'apps/frontend/main.ts': `
    import { isCount } from '@sluice/contract/count.ts';

    if (!isCount(1)) throw new RangeError('1 is a count');
  `,
  'apps/producer/package.json': manifest('producer', {
    dependencies: {
      '@sluice/contract': '0.1.0',
      '@sluice/ledger': '0.1.0',
      '@sluice/queue': '0.1.0',
      '@sluice/runtime': '0.1.0',
    },
    devDependencies: { '@redis/client': '6.3.1', '@sluice/test-servers': '0.1.0' },
  }),
  'apps/producer/main.ts': `
    import { runService } from '@sluice/runtime/service.ts';
    import { createServer } from './server.ts';

    await runService(process, createServer('producer'));
  `,
  'apps/producer/operator/main.ts': `
    import { answer } from '../answer.ts';

    process.exitCode = answer(true) === 201 ? 0 : 1;
  `,
  'apps/producer/server.ts': `
    import { record } from '@sluice/ledger/record.ts';
    import { postCount } from './routes/post-count.ts';

    export const createServer = (name: string) => async (): Promise<string> => {
      await postCount(1);
      await record({ count: 1 });
      return name;
    };
  `,
  'apps/producer/answer.ts': `
    export const answer = (isAccepted: boolean): number => (isAccepted ? 201 : 400);
  `,
  'apps/producer/routes/post-count.ts': `
    import { isCount } from '@sluice/contract/count.ts';
    import { enqueue } from '@sluice/queue/append/enqueue.ts';
    import { answer } from '../answer.ts';

    export const postCount = async (value: number): Promise<number> => {
      if (isCount(value)) await enqueue(value);
      return answer(isCount(value));
    };
  `,
  'apps/producer/server.test.ts': `
    import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { createClient } from '@redis/client';
    import { testRedis } from '@sluice/test-servers/redis.ts';
    import { createServer } from './server.ts';

    test('a count is taken', async () => {
      const client = createClient({ url: testRedis() });
      await client.connect();
      assert.equal(await createServer('producer')(), 'producer');
      client.destroy();
    });
  `,
  'infra/package.json': manifest('infra'),
  'infra/app.ts': `
    import { readEnvironments } from './read-environments.ts';

    readEnvironments();
  `,
  'infra/read-environments.ts': `
    export const readEnvironments = (): readonly string[] => ['test'];
  `,
  'packages/contract/package.json': manifest('contract'),
  'packages/contract/count.ts': `
    export type Count = { readonly count: number };

    export const isCount = (value: number): boolean => Number.isSafeInteger(value);
  `,
  'packages/contract/count.test.ts': `
    import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { isCount } from './count.ts';

    test('a fraction is no count', () => assert.equal(isCount(0.5), false));
  `,
  'packages/queue/package.json': manifest('queue', {
    dependencies: { '@redis/client': '6.3.1', '@sluice/contract': '0.1.0' },
    devDependencies: { '@sluice/test-servers': '0.1.0' },
  }),
  'packages/queue/append/enqueue.ts': `
    import { createClient } from '@redis/client';
    import type { Count } from '@sluice/contract/count.ts';

    export const enqueue = async (count: Count['count']): Promise<void> => {
      const client = createClient();
      await client.connect();
      await client.xAdd('counts', '*', { count: String(count) });
      client.destroy();
    };
  `,
  'packages/queue/append/enqueue.test.ts': `
    import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { createClient } from '@redis/client';
    import { testRedis } from '@sluice/test-servers/redis.ts';
    import { enqueue } from './enqueue.ts';

    test('what is added is in the stream', async () => {
      const client = createClient({ url: testRedis() });
      await client.connect();
      for (const value of [1, 2]) await enqueue(value);
      assert.equal(await client.xLen('counts'), 2);
      client.destroy();
    });
  `,
  'packages/ledger/package.json': manifest('ledger', {
    dependencies: { '@sluice/contract': '0.1.0', mysql2: '3.24.6' },
  }),
  'packages/ledger/record.ts': `
    import type { Count } from '@sluice/contract/count.ts';
    import { createConnection } from 'mysql2/promise';

    export const record = async ({ count }: Count): Promise<void> => {
      const connection = await createConnection({});
      await connection.query('INSERT INTO counts VALUES (?)', [count]);
      await connection.end();
    };
  `,
  'packages/runtime/package.json': manifest('runtime'),
  'packages/runtime/service.ts': `
    export const runService = async (process: NodeJS.Process, start: () => Promise<string>): Promise<void> => {
      process.title = await start();
    };
  `,
  'tools/run.mjs': `
    import { spawnSync } from 'node:child_process';

    const { status } = spawnSync(process.execPath, process.argv.slice(2), { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  `,
  'tools/local/package.json': manifest('local'),
  'tools/local/main.ts': `
    import { say } from './say.ts';

    say(process.version);
  `,
  'tools/local/operate.ts': `
    import { say } from './say.ts';

    say('nothing to do');
  `,
  'tools/local/reset.ts': `
    import { say } from './say.ts';

    say('nothing to remove');
  `,
  'tools/local/say.ts': `
    export const say = (line: string): void => console.log(line);
  `,
  'tools/local/say.test.ts': `
    import { test } from 'node:test';
    import { say } from './say.ts';

    test('a line is said', () => say('a line'));
  `,
  'tests/servers/package.json': manifest('test-servers', { dependencies: { '@sluice/local': '0.1.0' } }),
  'tests/servers/redis.ts': `
    import { say } from '@sluice/local/say.ts';

    export const testRedis = (): string => {
      const url = process.env['REDIS_URL'];
      if (url === undefined) say('REDIS_URL is not set');
      return url ?? '';
    };
  `,
  'tests/system/package.json': manifest('system-tests', {
    dependencies: { '@redis/client': '6.3.1', '@sluice/producer': '0.1.0', mysql2: '3.24.6' },
  }),
  'tests/system/count.test.ts': `
    import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { createClient } from '@redis/client';
    import { createServer } from '@sluice/producer/server.ts';
    import { createConnection } from 'mysql2/promise';
    import { testRedis } from '../servers/redis.ts';

    test('a count is taken', async () => {
      const client = createClient({ url: testRedis() });
      const connection = await createConnection({});
      await client.connect();
      assert.equal(await createServer('producer')(), 'producer');
      client.destroy();
      await connection.end();
    });
  `,
};
