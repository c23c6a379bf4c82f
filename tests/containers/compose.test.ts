import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessStringOf } from '@sluice/infra/constructs/queue-users.ts';
import { repository } from '@sluice/local/folder.ts';

const compose = readFileSync(join(repository, 'compose.yaml'), 'utf8');

/** The parts of a text that begin at lines which this matches, by what it takes for their name. */
const blocksOf = (text: string, head: RegExp): Map<string, string> =>
  new Map(
    text.split(new RegExp(`^(?=${head.source})`, 'm')).flatMap((block) => {
      const [, name] = new RegExp(`^${head.source}`).exec(block) ?? [];
      return name === undefined ? [] : [[name, block]];
    }),
  );

test('what services of Compose have in common is said once, as an anchor, and each takes it', () => {
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

test('each user of Valkey has with Compose the rights that it has on AWS', () => {
  const secrets = compose.slice(compose.indexOf('\n  secrets:'));
  for (const user of ['producer', 'consumer', 'operator'] as const) {
    const [, rights = ''] = new RegExp(`^ +user ${user} '([^']+)'`, 'm').exec(secrets) ?? [];
    assert.equal(rights.replaceAll(/\s+/g, ' ').trim(), accessStringOf(user, 'count_queue'), user);
  }
});
