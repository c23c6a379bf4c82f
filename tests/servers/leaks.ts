import assert from 'node:assert/strict';
import { after } from 'node:test';
import { waitUntil } from './wait.ts';

const countSockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

/** Fails the test file when it ends with connections open that it did not close. */
export const checkLeaksAtEnd = (): void => {
  after(async () => {
    try {
      await waitUntil(() => countSockets() === 0, 5_000);
    } catch {
      assert.fail(`The tests left ${countSockets()} connections open`);
    }
  });
};
