import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

// Clears the screen, sets the title, sets a color (C1 code), goes back one character, begins a fake
// line and reverses the text after it.
const hostile = '\u001B[2J\u001B]0;owned\u0007\u009B31m\u007F\b\r\nreason  none\u202E\u2066\u2028';
const escaped = String.raw`\u001b[2J\u001b]0;owned\u0007\u009b31m\u007f\u0008\u000d\u000areason  none\u202e\u2066\u2028`;
const controls = /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

test('no command lets outside text control the terminal or start a line', async (t) => {
  const { start, operate, command, queue } = await createPipeline(t);
  const { admin, partition } = queue;
  await start('producer');
  const consumer = await start('consumer');
  // The consumer moves the first entry to the dead letters. Every field of the second comes from
  // another program.
  await admin.xAdd(partition.stream, '*', { b: hostile, v: hostile, [hostile]: hostile });
  await waitUntil(async () => (await admin.xLen(partition.deadLetters)) === 1);
  await admin.xAdd(partition.deadLetters, '*', { entry: hostile, reason: hostile, [hostile]: hostile });

  const assertTame = ({ output }: { readonly output: string }, lines: number) => {
    assert.doesNotMatch(output, controls);
    assert.equal(output.trimEnd().split('\n').length, lines, output);
    return output;
  };
  const list = assertTame(await operate('dead-letters', 'list'), 2);
  assert.ok(list.includes(escaped), list);
  const names = [...list.matchAll(/^\{\S+/gm)].map(([name]) => name);
  assert.equal(names.length, 2);
  for (const name of names) {
    const fields = name === names[0] ? 3 : 1;
    const shown = assertTame(await operate('dead-letters', 'show', name), 4 + fields);
    assert.ok(shown.includes(`${escaped} = ${escaped}`), shown);
  }
  for (const action of ['show', 'replay', 'drop']) {
    assert.ok(assertTame(await operate('dead-letters', action, hostile), 1).includes(escaped));
  }
  assert.ok(assertTame(await operate('dead-letters', 'list', `--after=${hostile}`), 1).includes(escaped));
  assertTame(await operate('consumers', 'status'), 5);
  assertTame(await operate('verify'), 2);
  assertTame({ output: consumer.lines.join('\n') }, consumer.lines.length);

  const folder = mkdtempSync(join(tmpdir(), 'sluice-terminal-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const dump = join(folder, 'dump.sql');
  writeFileSync(dump, `${hostile.replaceAll(';', '')};`);
  const imported = await command('database-setup', ['import', dump]);
  assert.equal(imported.code, 1);
  assert.doesNotMatch(imported.output, controls);
  assert.match(imported.output, /is not a statement of a dump/);
});
