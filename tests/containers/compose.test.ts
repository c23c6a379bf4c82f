import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessStringOf } from '@sluice/infra/data/queue-users.ts';
import { repository } from '@sluice/local/folder.ts';

const read = (file: string) => readFileSync(join(repository, file), 'utf8');
const compose = read('compose.yaml');

/**
 * Splits a text into blocks that begin with a line matching `head`. Its first group is the block's
 * name.
 */
const blocksOf = (text: string, head: RegExp): Map<string, string> =>
  new Map(
    text.split(new RegExp(`^(?=${head.source})`, 'm')).flatMap((block) => {
      const [, name] = new RegExp(`^${head.source}`).exec(block) ?? [];
      return name === undefined ? [] : [[name, block]];
    }),
  );

test('the common settings of Compose services are one anchor, which each uses', () => {
  const parts = blocksOf(compose, /(\S+):.*\n/);
  const anchors = [...parts].filter(([name]) => name.startsWith('x-')).map(([, block]) => /&(\S+)/.exec(block)?.[1]);
  assert.deepEqual(new Set(anchors), new Set(['after-the-servers', 'container', 'often', 'once', 'queue-and-ledger']));
  for (const anchor of anchors)
    assert.ok((compose.match(new RegExp(`\\*${anchor}\\b`, 'g')) ?? []).length >= 2, `${anchor} is of one alone`);

  const services = blocksOf(parts.get('services') ?? '', / {2}([\w-]+):\n/);
  assert.ok(services.size >= 7);
  for (const [name, block] of services) assert.match(block, /^ {4}(?:<<: \*(?:container|once)|extends: )/m, name);
  for (const name of ['producer', 'consumer']) {
    assert.match(services.get(name) ?? '', /<<: \*queue-and-ledger/, name);
    assert.match(services.get(name) ?? '', /depends_on: \*after-the-servers/, name);
  }
});

test('each Valkey user has the same rights with Compose as on AWS', () => {
  const secrets = compose.slice(compose.indexOf('\n  secrets:'));
  for (const user of ['producer', 'consumer', 'operator'] as const) {
    const [, rights = ''] = new RegExp(`^ +user ${user} '([^']+)'`, 'm').exec(secrets) ?? [];
    assert.equal(rights.replaceAll(/\s+/g, ' ').trim(), accessStringOf(user, 'count_queue'), user);
  }
});

const composeFiles = ['compose.yaml', 'compose.cluster.yaml', 'compose.observe.yaml', 'containers/valkey.yaml'];

test('each Compose service has limits of memory and processes, and cannot gain privileges', () => {
  let checked = 0;
  const main = blocksOf(blocksOf(read('compose.yaml'), /(\S+):.*\n/).get('services') ?? '', / {2}([\w-]+):/);
  for (const file of composeFiles) {
    const parts = blocksOf(read(file), /(\S+):.*\n/);
    const anchors = new Map(
      [...parts.values()].flatMap((block) => {
        const [, name] = /^x-\S+: &(\S+)/.exec(block) ?? [];
        return name === undefined ? [] : [[name, block]];
      }),
    );
    /** Expands the anchors of a block. */
    const resolve = (block: string): string =>
      [block, ...[...block.matchAll(/<<: \*([\w-]+)/g)].map(([, name = '']) => resolve(anchors.get(name) ?? ''))].join(
        '',
      );
    for (const [name, block] of blocksOf(parts.get('services') ?? '', / {2}([\w-]+):/)) {
      const all = resolve(block);
      // An overlay only changes services of compose.yaml. Those of valkey.yaml are checked in that
      // file.
      if (all.includes('extends: ') || (file === 'compose.cluster.yaml' && main.has(name))) continue;
      for (const limit of [
        /mem_limit: \d+[mg]\n/,
        /pids_limit: \d+\n/,
        /no-new-privileges:true/,
        /cap_drop: \[ALL\]/,
      ]) {
        assert.match(all, limit, `${file}: ${name}`);
      }
      assert.match(all, /read_only: true/, `${file}: ${name}`);
      checked += 1;
    }
  }
  assert.ok(checked >= 11, `${checked} services`);
});

// Images without a digest that two sources confirm. Renovate pins them (renovate.json).
const withoutKnownDigest = new Set(['envoyproxy/envoy']);

test('each image is pinned by version and digest, and is the same everywhere', () => {
  const named = [
    ...read('Dockerfile').matchAll(/^FROM (?:--platform=\S+ )?(\S+:\S+) AS/gm),
    ...composeFiles
      .map(read)
      .join('')
      .matchAll(/^ +image: (\S+)$/gm),
    ...read('tools/local/servers/find-servers.ts').matchAll(/image: '([^']+)'/g),
  ].flatMap(([, name = '']) => (name.startsWith('sluice/') ? [] : name));
  assert.ok(named.length >= 11, named.join('\n'));
  const seen = new Map<string, string>();
  for (const name of named) {
    const [, repositoryOfImage = '', digest] =
      /^([\w./-]+):v?\d+\.\d+\.\d+(?:-[\w.-]+)?(@sha256:[0-9a-f]{64})?$/.exec(name) ?? [];
    assert.notEqual(repositoryOfImage, '', `${name} has no exact version`);
    assert.equal(digest === undefined, withoutKnownDigest.has(repositoryOfImage), name);
    assert.equal(seen.get(repositoryOfImage) ?? name, name);
    seen.set(repositoryOfImage, name);
  }
});
