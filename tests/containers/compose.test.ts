import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessStringOf } from '@sluice/infra/data/queue-users.ts';
import { repository } from '@sluice/local/folder.ts';
import { parse } from 'yaml';
import * as z from 'zod';

const read = (file: string) => readFileSync(join(repository, file), 'utf8');
const compose = read('compose.yaml');

test('each Valkey user has the same rights with Compose as on AWS', () => {
  const secrets = compose.slice(compose.indexOf('\n  secrets:'));
  for (const user of ['producer', 'consumer', 'operator'] as const) {
    const [, rights = ''] = new RegExp(`^ +user ${user} '([^']+)'`, 'm').exec(secrets) ?? [];
    assert.equal(rights.replaceAll(/\s+/g, ' ').trim(), accessStringOf(user, 'count_queue'), user);
  }
});

const composeFiles = ['compose.yaml', 'compose.cluster.yaml', 'compose.observe.yaml', 'containers/valkey.yaml'];

const composeSchema = z.object({
  services: z.record(z.string(), z.looseObject({ extends: z.unknown().optional() })),
});
const limited = z.looseObject({
  mem_limit: z.string().regex(/^\d+[mg]$/),
  pids_limit: z.int().positive(),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  cap_drop: z.tuple([z.literal('ALL')]),
  read_only: z.literal(true),
});
const servicesOf = (file: string) => composeSchema.parse(parse(read(file), { merge: true })).services;

test('each Compose service has limits of memory and processes, and cannot gain privileges', () => {
  const main = servicesOf('compose.yaml');
  let checked = 0;
  for (const file of composeFiles) {
    for (const [name, service] of Object.entries(servicesOf(file))) {
      // An overlay only changes services of compose.yaml. Those of valkey.yaml are checked in that
      // file.
      if (service.extends !== undefined || (file === 'compose.cluster.yaml' && main[name] !== undefined)) continue;
      assert.equal(limited.safeParse(service).error?.message, undefined, `${file}: ${name}`);
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
