import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { createFolder, start } from '@sluice/test-servers/npm-start.ts';

const run = promisify(execFile);
const docs = join(repository, 'docs');

test('the curl commands of the README work unchanged, in every shell', async (t) => {
  const commands = readFileSync(join(repository, 'README.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('curl '));
  const [post, get] = commands;
  assert.ok(post !== undefined && get !== undefined && commands.length === 2);

  const port = await findFreePort();
  const sluice = start(t, createFolder(t), { HTTP_PORT: String(port) });
  await sluice.untilUp();
  // Replaces the port with a free one, and nothing else.
  const type = (shell: string, command: string) => run(shell, ['-c', command.replaceAll(':5080', `:${port}`)]);
  const shells = ['bash', 'dash'];
  for (const shell of shells) {
    const posted = await type(shell, post);
    assert.match(posted.stderr, /< HTTP\/1.1 201 Created/);
    assert.equal((JSON.parse(posted.stdout) as { value: number }).value, 42);
  }
  await waitUntil(async () => {
    const answer = JSON.parse((await type('bash', get)).stdout) as { rows_count: number; latest_value: number };
    return answer.rows_count === shells.length && answer.latest_value === 42;
  });
  // These characters differ between shells that may not be installed: fish has no $EPOCHSECONDS.
  assert.doesNotMatch(post, /[$`\\]/);
});

test('each guarantee links to a test that breaks it', () => {
  const [, promises = ''] =
    /\| when +\| then +\| broken by +\|\n(.*?)\n\n/s.exec(readFileSync(join(docs, 'guarantees.md'), 'utf8')) ?? [];
  const rows = promises.split('\n').slice(1);
  assert.ok(rows.length > 10);
  for (const row of rows) {
    const links = [...row.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    assert.ok(links.length > 0, row);
    for (const link of links)
      assert.ok(existsSync(join(docs, link)) && /\.test\.ts$|faults$|decisions/.test(link), link);
  }
});
