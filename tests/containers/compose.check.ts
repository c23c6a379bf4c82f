import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNoComplaint, openPage, untilSentence } from '@sluice/browser-tests/browser.ts';
import { problem } from '@sluice/contract/problem.ts';
import { assertBalance } from '@sluice/fault-tests/balance.ts';
import { startLoad } from '@sluice/fault-tests/load.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import * as z from 'zod';
import { composeUp } from './compose.ts';
import { docker } from './containers.ts';
import { followEvents } from './clients/follow-events.ts';
import { run } from './run.ts';

const streamMs = 5 * 60_000;
const recordedWithinMs = 120_000;
// The number of acknowledged counts between two faults: enough to be in flight everywhere, and few
// enough for a slow machine.
const some = 20;

// Leaves the file as after a crash in the middle of a transaction.
const tear = String.raw`printf '*1\r\n$5\r\nMULTI\r\n*3\r\n$4\r\nXADD' >> $(ls -t /data/appendonlydir/*.incr.aof | head -n 1)`;

const texts = z.array(z.string()).nullable();
const inspectedSchema = z.array(
  z.object({
    Config: z.object({ Labels: z.object({ 'com.docker.compose.service': z.string() }) }),
    HostConfig: z.object({
      CapAdd: texts,
      CapDrop: texts,
      Memory: z.int(),
      PidsLimit: z.int().nullable(),
      Privileged: z.boolean(),
      ReadonlyRootfs: z.boolean(),
      SecurityOpt: texts,
    }),
    NetworkSettings: z.object({ Ports: z.record(z.string(), z.array(z.object({ HostIp: z.string() })).nullable()) }),
  }),
);

/** Returns the status and code for a POST of so many bytes that contain no counts. */
const refusalOf = async (base: string, bytes: number) => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${base}/counts`, { method: 'POST', headers, body: ' '.repeat(bytes) });
  return [response.status, problem.parse(await response.json()).code];
};

test('Sluice in containers', async (whole) => {
  const sluice = await composeUp(whole);
  const { address, page, port } = sluice;
  const api = `${page}api`;
  const type = (line: string) => run('bash', ['-c', line.replaceAll(':5080', `:${port}`)]);

  await whole.test('the commands of the README post a count and show it', async () => {
    const posted = await type(
      `curl -X POST -H "Content-Type: application/json" -d '{"count": 42}' localhost:5080/count -v`,
    );
    assert.match(posted, /"message":"Value added to Redis queue","value":42,"hostname":"/);
    await waitUntil(async () => (await type('curl -v localhost:5080/count')).includes('"rows_count":1,'), 60_000);
  });

  // The other tests do not break the proxies that these streams use.
  const streams = [address, address, api, api].map((base) => followEvents(`${base}/events`, streamMs));

  await whole.test('the page shows a count that it posts', async (t) => {
    const opened = await openPage(t, page);
    await untilSentence(opened.page, 'All is well.');
    await opened.page.getByRole('textbox').fill('77');
    await opened.page.getByRole('button', { name: 'POST' }).click();
    await opened.page.getByText('acknowledged in').waitFor();
    await opened.page.getByRole('cell', { name: '77', exact: true }).waitFor();
    assertNoComplaint(opened.complaints);
  });

  await whole.test(
    'every container has minimal privileges, and only two ports are open, only to this machine',
    async () => {
      const ids = await sluice.containersOf();
      const inspected = inspectedSchema.parse(JSON.parse(await docker('inspect', ...ids)));
      assert.equal(inspected.length, 8);
      const open: string[] = [];
      for (const { Config, HostConfig, NetworkSettings } of inspected) {
        const service = Config.Labels['com.docker.compose.service'];
        const { CapAdd, CapDrop, Privileged, ReadonlyRootfs, SecurityOpt } = HostConfig;
        const isLimited = HostConfig.Memory > 0 && (HostConfig.PidsLimit ?? 0) > 0;
        assert.deepEqual(
          { service, CapAdd, CapDrop, Privileged, ReadonlyRootfs, SecurityOpt, isLimited },
          {
            ...{ service, CapAdd: null, CapDrop: ['ALL'], Privileged: false, ReadonlyRootfs: true },
            ...{ SecurityOpt: ['no-new-privileges:true'], isLimited: true },
          },
        );
        for (const [inside, outside] of Object.entries(NetworkSettings.Ports)) {
          for (const { HostIp } of outside ?? []) open.push(`${service} ${inside} ${HostIp}`);
        }
      }
      assert.deepEqual(open.toSorted(), ['envoy 8080/tcp 127.0.0.1', 'frontend 8080/tcp 127.0.0.1']);
      for (const service of ['frontend', 'envoy', 'producer', 'consumer', 'mysql', 'valkey']) {
        const status = await sluice.exec(service, 'cat /proc/1/status');
        assert.match(status, /^CapEff:\t0+$/m, service);
        assert.match(status, /^Uid:\t[1-9]/m, service);
      }
      // A neighbor container cannot reach it either.
      await assert.rejects(
        sluice.exec('frontend', 'curl --silent --max-time 5 http://envoy:9901/ready'),
        /failed \(7\)/,
      );
    },
  );

  await whole.test('no secret is in the environment, the command or the log of any container', async () => {
    const ids = await sluice.containersOf();
    const secrets = new Set<string>();
    for (const service of ['mysql', 'valkey', 'producer', 'consumer']) {
      const lines = await sluice.exec(service, 'for file in /run/secrets/*password; do cat $file; echo; done');
      for (const secret of lines.split('\n')) secrets.add(secret);
    }
    // MySQL: root, producer and consumer. Valkey: the default user, producer, consumer and
    // operator.
    assert.equal(secrets.size, 7);
    const logs = await Promise.all(ids.map((id) => run('sh', ['-c', `"$SLUICE_DOCKER" logs ${id} 2>&1`])));
    const seen = [await docker('inspect', ...ids), ...logs].join('\n');
    for (const secret of secrets) {
      assert.match(secret, /^[0-9a-f]{48}$/);
      assert.ok(!seen.includes(secret));
    }
  });

  await whole.test('a body that is too large gets the problem of the contract, through both proxies', async () => {
    const largest = 1_048_576;
    for (const base of [address, api]) {
      assert.deepEqual(await refusalOf(base, largest), [400, 'invalid_json']);
      assert.deepEqual(await refusalOf(base, largest + 1), [413, 'body_too_large']);
    }
  });

  await whole.test('servers that crash under load come back, and nothing is lost or recorded twice', async (t) => {
    const before = await sluice.ledger.readCounts();
    const load = startLoad(t, [address, api], { clients: 4, pauseMs: 20, firstCount: 10_000_000 });
    for (const service of ['consumer', 'mysql', 'valkey', 'valkey']) {
      await load.more(some);
      await sluice.crash(service);
    }
    await load.more(some);
    for (const service of ['consumer', 'mysql', 'valkey']) {
      await sluice.restart(service);
      await load.more(some);
    }
    const valkey = await sluice.containerOf('valkey');
    await docker('stop', valkey);
    const image = await docker('inspect', '--format', '{{.Image}}', valkey);
    await docker('run', '--rm', '--volumes-from', valkey, '--entrypoint', 'sh', image, '-c', tear);
    await docker('start', valkey);
    await load.more(some);
    assert.match(await docker('logs', valkey), /Successfully truncated AOF/);
    // If the file were not truncated correctly, this restart would lose the counts acknowledged
    // since.
    await sluice.crash('valkey');
    await load.more(some);
    await load.stop();
    const posted = { ...load, acknowledged: new Set([...before, ...load.acknowledged]) };
    await assertBalance(sluice, posted, recordedWithinMs);
  });

  await whole.test('an event stream stays open for five minutes, through Envoy and through the frontend', async (t) => {
    for (const { events, longestSilenceMs, broken } of await Promise.all(streams)) {
      t.diagnostic(`${events} events, the longest silence ${Math.round(longestSilenceMs)} ms`);
      assert.equal(broken, undefined);
      // An idle machine gets one event a second.
      assert.ok(events >= streamMs / 5_000, `${events} events`);
    }
  });
});
