import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as startRequest, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { readNotes } from '@sluice/local/processes/leftovers.ts';
import { commandOf, describeHolder, findFreePort } from '@sluice/local/servers/ports.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createFolder, start } from '@sluice/test-servers/npm-start.ts';

const post = async (port: number, count: number): Promise<void> => {
  const response = await fetch(`http://localhost:${port}/count`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ count }),
  });
  assert.equal(response.status, 201);
};

const readCount = async (port: number) => {
  const response = await fetch(`http://localhost:${port}/count`);
  assert.equal(response.status, 200);
  return (await response.json()) as { rows_count: number; latest_value: number };
};

const untilRecorded = (port: number, rows: number) =>
  waitUntil(async () => (await readCount(port)).rows_count === rows);

const pidsOf = (folder: string, child: string): number[] =>
  readNotes(folder)
    .filter(({ command }) => command.includes(child))
    .map(({ pid }) => pid);

/** Returns the processes of the servers. Their command lines need not have their names. */
const pidsOfServers = (folder: string) => {
  const environment = JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8')) as Record<string, string>;
  const listenerAt = (port: string | undefined) => Number(/\(pid (\d+)\)$/.exec(describeHolder(Number(port)))?.[1]);
  return { redis: listenerAt(environment['REDIS_PORT']), mysql: listenerAt(environment['DB_PORT']) };
};

test('a count goes from HTTP to MySQL, is kept between runs, and one signal stops everything', async (t) => {
  const folder = createFolder(t);
  const port = await findFreePort();
  const startedAt = performance.now();
  const first = start(t, folder, { HTTP_PORT: String(port) });
  await first.untilUp();
  const startMs = performance.now() - startedAt;
  await post(port, 1_700_000_000);
  await untilRecorded(port, 1);
  assert.equal((await readCount(port)).latest_value, 1_700_000_000);
  const pids = pidsOf(folder, '');

  const stoppedAt = performance.now();
  assert.equal(await first.stop(), 0);
  const stopMs = performance.now() - stoppedAt;
  // A machine that takes longer than that to start Sluice is busy, and stops it slowly too.
  assert.ok(stopMs < Math.max(10_000, startMs), `it took ${stopMs} ms to stop and ${startMs} ms to start`);
  assert.deepEqual(
    pids.filter((pid) => commandOf(pid) !== ''),
    [],
  );

  const second = start(t, folder, { HTTP_PORT: String(port) });
  await second.untilUp();
  assert.deepEqual((await readCount(port)).rows_count, 1);
});

test('a killed consumer is reported and restarted, and its entries are recorded', async (t) => {
  const folder = createFolder(t);
  const port = await findFreePort();
  const sluice = start(t, folder, { HTTP_PORT: String(port) });
  await sluice.untilUp();
  for (const pid of pidsOf(folder, 'consumer')) process.kill(pid, 'SIGKILL');
  await post(port, 1);
  await sluice.untilOutput(/consumer +died \(SIGKILL\)/);
  await untilRecorded(port, 1);
});

test('several producers and consumers run on consecutive ports', async (t) => {
  const folder = createFolder(t);
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const sluice = start(t, folder, { HTTP_PORT: String(port), PRODUCERS: '2', CONSUMERS: '3' });
  await sluice.untilUp();
  for (const its of [port, port + 1]) assert.match(sluice.output(), new RegExp(`listening .*:${its}"`));
  await Promise.all([post(port, 1), post(port + 1, 2)]);
  await untilRecorded(port, 2);
  await untilRecorded(port + 1, 2);
  assert.equal(pidsOf(folder, 'consumer').length, 3);
});

test('a taken port is reported with the program that uses it', async (t) => {
  const folder = createFolder(t);
  const holder = createServer().listen(0);
  await once(holder, 'listening');
  t.after(() => holder.close());
  const address = holder.address();
  assert.ok(address !== null && typeof address === 'object');
  const sluice = start(t, folder, { HTTP_PORT: String(address.port) });
  const [code] = await sluice.ended;
  assert.equal(code, 1);
  assert.match(sluice.output(), new RegExp(`Port ${address.port} is taken by .*\\(pid ${process.pid}\\)`));
});

test('a second start on the same folder is refused, and one after a crash ends leftover processes', async (t) => {
  const folder = createFolder(t);
  const port = await findFreePort();
  const first = start(t, folder, { HTTP_PORT: String(port) });
  await first.untilUp();
  await post(port, 1);
  await untilRecorded(port, 1);

  const refused = start(t, folder, { HTTP_PORT: String(await findFreePort()) });
  const [code] = await refused.ended;
  assert.equal(code, 1);
  assert.match(refused.output(), new RegExp(`already runs on .*\\(pid ${first.child.pid}\\)`));
  await readCount(port);

  const left = pidsOf(folder, '').filter((pid) => pid !== first.child.pid);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = start(t, folder, { HTTP_PORT: String(port) });
  await second.untilUp();
  assert.deepEqual(
    left.filter((pid) => commandOf(pid) !== ''),
    [],
  );
  assert.equal((await readCount(port)).rows_count, 1);
});

for (const [variable, value, message] of [
  ['REDIS_MAXMEMORY', 'lots', /REDIS_MAXMEMORY must be/],
  ['REDIS_PROGRAM', '/nowhere/redis-server', /REDIS_PROGRAM must be the absolute path .* is "\/nowhere\/redis-server"/],
  ['MYSQL_PROGRAM', 'no-such-program', /MYSQL_PROGRAM must be .*, and is "no-such-program"/],
  ['REDIS_PROGRAM', '../redis-server', /REDIS_PROGRAM must be the absolute path/],
  ['REDIS_PROGRAM', '/bin/true', /\/bin\/true is not a Redis: .* Set REDIS_PROGRAM to Redis or Valkey/],
  ['MYSQL_PROGRAM', process.execPath, /is not a MySQL: .* Set MYSQL_PROGRAM to MySQL or MariaDB/],
  ['HTTP_ADDRESS', 'localhost', /HTTP_ADDRESS must be an IP address/],
  ['HTTP_ADDRESS', '192.0.2.1', /not have the address 192\.0\.2\.1/],
  ['PRODUCERS', 'many', /PRODUCERS must be an integer from 1 to 50/],
  ['LOG_LEVEL', 'loud', /LOG_LEVEL: must be one of/],
  ['DB_HOST', '127.0.0.1', /DB_USER: must be set/],
] as const) {
  test(`${variable}=${value} fails the start with an error and a non-zero status`, async (t) => {
    const folder = createFolder(t);
    const sluice = start(t, folder, { HTTP_PORT: String(await findFreePort()), [variable]: value });
    const [code] = await sluice.ended;
    assert.equal(code, 1);
    assert.match(sluice.output(), message);
  });
}

test('the console is served on its port, with the API under /api, and by default takes a free port', async (t) => {
  const [port, consolePort] = [await findFreePort(), await findFreePort()];
  const sluice = start(t, createFolder(t), { HTTP_PORT: String(port), CONSOLE_PORT: String(consolePort) });
  await sluice.untilUp();
  assert.match(sluice.output(), new RegExp(`http://localhost:${consolePort}\n`));
  const page = await fetch(`http://localhost:${consolePort}/`);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<title>Sluice<\/title>/);
  const through = await fetch(`http://localhost:${consolePort}/api/count`);
  assert.deepEqual(await through.json(), await (await fetch(`http://localhost:${port}/count`)).json());

  const taken = start(t, createFolder(t), {
    HTTP_PORT: String(await findFreePort()),
    CONSOLE_PORT: String(consolePort),
  });
  const [code] = await taken.ended;
  assert.equal(code, 1);
  assert.match(taken.output(), new RegExp(`Port ${consolePort} is taken by .*CONSOLE_PORT=`));

  const others = await Promise.all(
    [1, 2].map(async () => {
      const other = start(t, createFolder(t), { HTTP_PORT: String(await findFreePort()) });
      await other.untilUp();
      return /The console is at +(\S+)/.exec(other.output())?.[1];
    }),
  );
  assert.equal(new Set(others).size, 2);
});

test('only requests of this machine to loopback names are served', async (t) => {
  const [port, consolePort] = [await findFreePort(), await findFreePort()];
  const sluice = start(t, createFolder(t), { HTTP_PORT: String(port), CONSOLE_PORT: String(consolePort) });
  await sluice.untilUp();
  assert.match(sluice.output(), /Only this machine can reach it/);
  for (const [its, path] of [
    [port, '/count'],
    [consolePort, '/api/count'],
  ] as const) {
    assert.equal((await fetch(`http://localhost:${its}${path}`)).status, 200);
    // Another loopback address stands for the addresses of other interfaces.
    await assert.rejects(fetch(`http://127.0.0.2:${its}${path}`));
    const headers = { host: `evil.example:${its}`, origin: `http://evil.example:${its}` };
    const request = startRequest({ host: '127.0.0.1', port: its, path, headers, agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 421);
    assert.ok(!Object.keys(response.headers).some((name) => name.startsWith('access-control-')));
  }
});

test('HTTP_ADDRESS and HTTP_ALLOWED_HOSTS serve other addresses and hosts', async (t) => {
  const [port, consolePort] = [await findFreePort(), await findFreePort()];
  const sluice = start(t, createFolder(t), {
    HTTP_PORT: String(port),
    CONSOLE_PORT: String(consolePort),
    HTTP_ADDRESS: '0.0.0.0',
    HTTP_ALLOWED_HOSTS: '127.0.0.2',
    CORS_ORIGIN: 'https://a.example',
  });
  await sluice.untilUp();
  for (const url of [`http://127.0.0.2:${port}/count`, `http://127.0.0.2:${consolePort}/api/count`]) {
    const { status, headers } = await fetch(url, { headers: { origin: 'https://a.example' } });
    assert.deepEqual([status, headers.get('access-control-allow-origin')], [200, 'https://a.example']);
  }
  assert.equal((await fetch(`http://127.0.0.3:${port}/count`)).status, 421);
});

test('repeated deaths of a producer stop neither the servers nor other parts', async (t) => {
  const folder = createFolder(t);
  const port = await findFreePort();
  const sluice = start(t, folder, { HTTP_PORT: String(port) });
  await sluice.untilUp();
  const others = [...Object.values(pidsOfServers(folder)), ...pidsOf(folder, 'consumer')];
  assert.equal(others.length, 3);
  for (let death = 1; death <= 5; death += 1) {
    const [pid] = pidsOf(folder, 'apps/producer');
    process.kill(Number(pid), 'SIGKILL');
    await waitUntil(() => pidsOf(folder, 'apps/producer').some((another) => another !== pid));
  }
  assert.match(sluice.output(), /producer +died \(SIGKILL\), 5 times in a row; restarting in \d+\.\d s\./);
  for (const pid of others) assert.notEqual(commandOf(pid), '');
  await waitUntil(() =>
    fetch(`http://localhost:${port}/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  await post(port, 1);
  await untilRecorded(port, 1);
});

test('a killed Redis is restarted with its counts', async (t) => {
  const folder = createFolder(t);
  const port = await findFreePort();
  const sluice = start(t, folder, { HTTP_PORT: String(port) });
  await sluice.untilUp();
  process.kill(pidsOfServers(folder).redis, 'SIGKILL');
  await sluice.untilOutput(/redis +died \(SIGKILL\); restarting in \d+\.\d s\.[^]*redis +is ready again/);
  await waitUntil(() =>
    fetch(`http://localhost:${port}/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  await post(port, 1);
  await untilRecorded(port, 1);
});
