import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';

const connections = 2_000;
const patienceMs = 20_000;
const get = 'GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';

test('connections that arrive while a producer is busy wait for it', { timeout: 120_000 }, async (t) => {
  const { start, address } = await createPipeline(t);
  const { pid } = await start('producer');
  const port = Number(new URL(address).port);

  process.kill(pid, 'SIGSTOP');
  let connected = 0;
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect({ port, host: '127.0.0.1' });
    t.after(() => socket.destroy());
    socket.on('error', () => undefined).once('connect', () => (connected += 1));
    socket.write(get);
    return socket;
  });
  try {
    // The kernel accepts them all, although the process does nothing.
    await waitUntil(() => connected === connections, patienceMs);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  for (const answer of await Promise.all(sockets.map((socket) => text(socket)))) {
    assert.match(answer, /^HTTP\/1\.1 200 /);
  }
});
