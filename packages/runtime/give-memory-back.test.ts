import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

// A process with 200 MB of unreferenced buffers. V8 does not count them as its own memory and
// leaves them.
const program = `
  import { giveMemoryBack } from '${new URL('give-memory-back.ts', import.meta.url).href}';
  giveMemoryBack(process);
  let held = Array.from({ length: 800 }, () => Buffer.alloc(262_144, 1));
  // They are old when they are given up.
  gc({ type: 'minor' });
  gc({ type: 'minor' });
  held = undefined;
  const peak = process.memoryUsage.rss();
  setInterval(() => {
    if (process.memoryUsage.rss() < peak - 100_000_000) process.exit(0);
    held = Array.from({ length: 1_000 }, (_, made) => ({ made }));
  }, 100);
`;

test('a process returns the memory of a burst while it keeps working', { timeout: 60_000 }, async (t) => {
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { MALLOC_MMAP_THRESHOLD_: '16384' },
  });
  t.after(() => child.kill('SIGKILL'));
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
