import assert from 'node:assert/strict';
import { after } from 'node:test';
import { waitUntil } from './wait.ts';

/** A test or a test file: it runs cleanups at its end. */
export type Owner = { readonly after: (clean: () => unknown) => void };

const cleanups: (() => unknown)[] = [];

/**
 * The test file itself, as owner of servers that its tests share. Cleanups run in reverse order.
 */
export const testFile: Owner = { after: (clean) => cleanups.push(clean) };

const countSockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

// Fails a file that leaves connections open.
after(async () => {
  // In order: later cleanups may need earlier servers.
  for (const clean of cleanups.toReversed()) await clean();
  try {
    await waitUntil(() => countSockets() === 0);
  } catch {
    assert.fail(`The tests left ${countSockets()} connections open`);
  }
});
