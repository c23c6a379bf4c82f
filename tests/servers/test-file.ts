import assert from 'node:assert/strict';
import { after } from 'node:test';
import { waitUntil } from './wait.ts';

/** A test, or a file of tests: who tells when to clean up. */
export type Owner = { readonly after: (clean: () => unknown) => void };

const cleanups: (() => unknown)[] = [];

/** The file of tests itself, for servers that several of its tests share. What came last is cleaned up first. */
export const testFile: Owner = { after: (clean) => cleanups.push(clean) };

const countSockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

// A file fails that ends with connections open which it did not close.
after(async () => {
  // oxlint-disable-next-line no-await-in-loop -- what came last may need what came first
  for (const clean of cleanups.toReversed()) await clean();
  try {
    await waitUntil(() => countSockets() === 0, 5_000);
  } catch {
    assert.fail(`The tests left ${countSockets()} connections open`);
  }
});
