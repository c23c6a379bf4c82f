import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import * as z from 'zod';
import { baseImages, baseOf, nameInEngine } from './images/base-images.ts';
import { images, labelsSchema, type Image } from './images/build-images.ts';
import { addressOf, docker, imageName, inspect, startParts, succeeds, terminate, variable } from './containers.ts';
import { findSecrets, ownFilesOf, saveLayers } from './images/layers.ts';
import { installedPackages, lockedPackages } from './images/packages.ts';

const servers = ['producer', 'consumer', 'frontend', 'envoy'] as const;
const programs = { producer: /\/node$/, consumer: /\/node$/, frontend: /\/nginx$/, envoy: /\/envoy$/ };
const mostAddedBytes = 80e6;
const stopWithinMs = 10_000;

const find = (part: string) => {
  const name = baseImages().find((base) => base.startsWith(`${part}:`));
  assert.ok(name !== undefined, `compose.yaml names no image of ${part}`);
  return nameInEngine(name);
};
const { VERSION, REVISION, SOURCE } = labelsSchema.parse(JSON.parse(variable('SLUICE_LABELS')));
const parts = await startParts({ mysql: find('mysql'), valkey: find('valkey/valkey') });

const configSchema = z.object({
  User: z.string(),
  Entrypoint: z.array(z.string()).nullish(),
  Env: z.array(z.string()),
  Healthcheck: z.object({ Test: z.array(z.string()) }).optional(),
  Labels: z.record(z.string(), z.string()).nullish(),
});
const configOf = async (image: string) => configSchema.parse(JSON.parse(await inspect(image, '{{json .Config}}')));

for (const image of images) {
  test(`${image}: its user is unprivileged, its first process is an init, and its labels name its source`, async () => {
    const { User, Entrypoint, Labels, Healthcheck } = await configOf(imageName(image));
    assert.equal(User, '1000:1000');
    assert.deepEqual(Entrypoint, ['/usr/bin/tini', '--']);
    assert.equal(Labels?.['org.opencontainers.image.version'], VERSION);
    assert.equal(Labels?.['org.opencontainers.image.revision'], REVISION);
    assert.equal(Labels?.['org.opencontainers.image.source'], SOURCE);
    // Images that run once and exit have no health check.
    assert.equal(Healthcheck?.Test[0], image === 'database-setup' ? 'NONE' : 'CMD');
  });

  test(`${image}: its environment has only settings of Node and ports`, async () => {
    const ofBase = await configOf(baseOf(image));
    const { Env } = await configOf(imageName(image));
    const own = Env.filter((entry) => !ofBase.Env.includes(entry)).map((entry) => entry.split('=')[0]);
    assert.deepEqual(
      own.filter(
        (name) => !['NODE_ENV', 'NODE_COMPILE_CACHE', 'MALLOC_MMAP_THRESHOLD_', 'METRICS_PORT'].includes(name ?? ''),
      ),
      [],
    );
  });

  test(`${image}: its user can change nothing in it`, async () => {
    const look = 'find /sluice /page /etc /usr ! -type l -writable 2> /dev/null; true';
    const found = await docker('run', '--rm', '--network=none', '--entrypoint=bash', imageName(image), '-c', look);
    assert.equal(found, '');
  });
}

const isUnwanted = (name: string) =>
  /(?:^|\/)(?:\.git|\.env[^/]*|\.npmrc|\.npm|\.ssh|\.docker|\.aws|\.sluice)(?:\/|$)|^sluice\/(?:apps|packages)\/.*\.test\.ts$/.test(
    name,
  );

test('no layer contains a secret, a test, or files of git or npm', async (t) => {
  const layers = await saveLayers(t, images.map(imageName));
  await Promise.all(
    images.map(async (image) => {
      const own = await ownFilesOf(layers, imageName(image), baseOf(image));
      assert.ok(own.names.length > 0, `${image} has no layer of its own`);
      assert.deepEqual(own.names.filter(isUnwanted), [], image);
      assert.deepEqual(await findSecrets(own), [], image);
    }),
  );
});

for (const image of ['producer', 'consumer'] as const) {
  test(`${image}: it adds at most 80 MB to its base`, async () => {
    const [size = 0, base = 0] = await Promise.all(
      [imageName(image), baseOf(image)].map(async (name) => Number(await inspect(name, '{{.Size}}'))),
    );
    assert.ok(size > base && size - base <= mostAddedBytes, `${size - base} bytes`);
  });
}

for (const image of ['producer', 'consumer', 'database-setup'] as const) {
  test(`${image}: its packages are those of package-lock.json without what development needs`, async () => {
    const installed = await installedPackages(imageName(image));
    const locked = lockedPackages();
    assert.ok(installed.length > 10);
    for (const { path, version } of installed) {
      assert.equal(version, locked[path]?.version, path);
      assert.notEqual(locked[path]?.dev, true, `${path} is for development alone`);
    }
  });

  test(`${image}: only Node and the init depend on the processor`, async () => {
    const listing = await docker(
      ...['run', '--rm', '--network=none', '--entrypoint=find', imageName(image), '/sluice', '-name', '*.node'],
    );
    assert.equal(listing, '');
  });
}

for (const image of servers) {
  test(`${image}: its process has no capability, and is the child of an init`, async (t) => {
    const container = await parts.startService(t, image);
    await untilUp(container);
    const status = await docker('exec', container, 'cat', '/proc/1/status');
    assert.match(status, /^Name:\ttini$/m);
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      assert.match(status, new RegExp(`^${set}:\\t0+$`, 'm'));
    }
    assert.match(status, /^NoNewPrivs:\t1$/m);
    const program = await docker(
      'exec',
      container,
      'bash',
      '-c',
      'read child < /proc/1/task/1/children; readlink /proc/$child/exe',
    );
    assert.match(program, programs[image]);
    assert.equal(await succeeds('exec', container, 'touch', '/etc/x'), false);
  });

  test(`${image}: its first process reaps orphaned children`, async (t) => {
    const container = await parts.startService(t, image, [], 'sleep', '600');
    const orphans = () =>
      docker('exec', container, 'bash', '-c', 'cat /proc/[0-9]*/stat 2>&1 | grep -c "(tail)" || true');
    // The first process adopts them. They keep running, then exit.
    await docker('exec', container, 'bash', '-c', 'for i in 1 2 3; do tail -f /dev/null > /dev/null 2>&1 & done');
    assert.equal(await orphans(), '3');
    await docker('exec', container, 'bash', '-c', 'kill $(grep -l "(tail)" /proc/[0-9]*/stat | cut -d/ -f3)');
    await waitUntil(async () => (await orphans()) === '0', 60_000);
  });

  test(`${image}: it exits with 0 within 10 s of SIGTERM`, async (t) => {
    const container = await parts.startService(t, image);
    await untilUp(container);
    const { exitCode, tookMs } = await terminate(container);
    assert.equal(exitCode, 0);
    assert.ok(tookMs < stopWithinMs, `${tookMs} ms`);
  });
}

test('each image becomes healthy, and its health check fails if its process does not run', async (t) => {
  await Promise.all(
    servers.map(async (image) => {
      const container = await parts.startService(t, image);
      const idle = await parts.startService(t, image, [], 'sleep', '600');
      await waitUntil(async () => (await inspect(container, '{{.State.Health.Status}}')) === 'healthy', 120_000);
      assert.equal(await isHealthy(idle), false);
    }),
  );
});

/** Returns true if the health check command exits with 0. */
const isHealthy = async (container: string): Promise<boolean> => {
  const { Healthcheck } = await configOf(container);
  const [, ...command] = Healthcheck?.Test ?? [];
  return succeeds('exec', container, ...command);
};

const untilUp = (container: string) => waitUntil(() => isHealthy(container), 60_000);

test('under load, producer and consumer exit with 0 within 10 s of SIGTERM; nothing is lost or recorded twice', async (t) => {
  const producer = await parts.startService(t, 'producer', ['--publish=127.0.0.1::5080']);
  await untilUp(producer);
  const address = await addressOf(producer, 5080);
  const load = startPosting(address);
  await waitUntil(() => load.acknowledged() > 300_000, 60_000);
  const ofProducer = await terminate(producer);
  await load.ended;
  assert.equal(ofProducer.exitCode, 0);
  assert.ok(ofProducer.tookMs < stopWithinMs, `${ofProducer.tookMs} ms`);

  const reader = await parts.startService(t, 'producer', ['--publish=127.0.0.1::5080']);
  await untilUp(reader);
  const readerAddress = await addressOf(reader, 5080);
  const before = await rowsOf(readerAddress);
  const consumer = await parts.startService(t, 'consumer');
  await waitUntil(async () => (await rowsOf(readerAddress)) > before, 60_000);
  const ofConsumer = await terminate(consumer);
  assert.equal(ofConsumer.exitCode, 0);
  assert.ok(ofConsumer.tookMs < stopWithinMs, `${ofConsumer.tookMs} ms`);

  await parts.startService(t, 'consumer');
  await waitUntil(async () => (await waitingBatches(readerAddress)) === 0, 120_000);
  const rows = await rowsOf(readerAddress);
  // A request without an answer may have been recorded, but never in part.
  assert.ok(rows >= load.acknowledged(), `${load.acknowledged()} were acknowledged, ${rows} are recorded`);
  assert.ok(rows <= load.sent(), `${load.sent()} were sent, ${rows} are recorded`);
});

const countsPerPost = 1_000;

/** Posts until an answer is missing or not 201. Counts the sent and the acknowledged counts. */
const startPosting = (address: string) => {
  let sent = 0;
  let acknowledged = 0;
  const body = JSON.stringify({ counts: Array.from({ length: countsPerPost }, (_, index) => index) });
  const post = async () => {
    for (;;) {
      sent += countsPerPost;
      const answer = await fetch(`${address}/counts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }).catch(() => undefined);
      if (answer?.status !== 201) return;
      acknowledged += countsPerPost;
      await answer.arrayBuffer().catch(() => undefined);
    }
  };
  return { ended: Promise.all([post(), post(), post(), post()]), sent: () => sent, acknowledged: () => acknowledged };
};

const rowsOf = async (address: string): Promise<number> => {
  const answer = z.object({ rows_count: z.number() }).parse(await (await fetch(`${address}/count`)).json());
  return answer.rows_count;
};

const waitingBatches = async (address: string): Promise<number> => {
  const answer = z.object({ waiting_batches: z.number() }).parse(await (await fetch(`${address}/queue`)).json());
  return answer.waiting_batches;
};

test('the init for another processor is built for it', async () => {
  const tag = imageName('producer' satisfies Image).replace('producer', 'init-arm64');
  const network = (await succeeds('network', 'inspect', 'bridge')) ? [] : ['--network=host'];
  const target = ['--target=init', '--build-arg=TARGETARCH=arm64', '--tag', tag];
  await docker('build', ...network, '--file', variable('SLUICE_DOCKERFILE'), ...target, repository);
  // The machine field of an ELF header: 183 is AArch64.
  const machine = await docker(
    'run',
    '--rm',
    '--network=none',
    tag,
    'od',
    '-An',
    '-tu2',
    '-j18',
    '-N2',
    '/init/usr/bin/tini-static',
  );
  assert.equal(machine.trim(), '183');
});
