import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectTo, createTestServer, problemOf, readAnswer } from '../test-server.test.ts';

const head = 'POST /counts HTTP/1.1\r\nhost: x\r\nconnection: close\r\n';
const json = 'content-type: application/json\r\n';
const chunked = 'transfer-encoding: chunked\r\n\r\n';

const inChunksOf = (size: number, body: string): string => {
  const chunks = body.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
  return `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;
};

for (const [what, type, body] of [
  ['JSON', json, '{"counts":[1,2,3]}'.padEnd(16_000)],
  ['NDJSON', 'content-type: application/x-ndjson\r\n', '1\n2\n3'.padEnd(16_000)],
  ['JSON with characters of several bytes', json, '{"counts":[1,2,3]}'.padEnd(15_000, '\u2003').slice(0, 18)],
] as const) {
  test(`${what} in chunks of one byte is reassembled`, async (t) => {
    const bench = createTestServer(t);
    const socket = await connectTo(t, bench);
    socket.write(`${head}${type}${chunked}${inChunksOf(1, body)}`, 'latin1');
    const answer = await readAnswer(socket);
    assert.equal(answer.status, 201, answer.body);
    assert.deepEqual(bench.enqueued[0]?.counts, [1, 2, 3]);
  });
}

test('a character split across chunks stays intact', async (t) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  const bytes = Buffer.from('{"counts":[1],"ü€😀":1}').toString('latin1');
  socket.write(`${head}${json}${chunked}${inChunksOf(1, bytes)}`, 'latin1');
  assert.deepEqual(problemOf(await readAnswer(socket)).errors?.[0]?.pointer, `#/${encodeURIComponent('ü€😀')}`);
});

test('a body in too many chunks is refused with a fix', async (t) => {
  const bench = createTestServer(t);
  const socket = await connectTo(t, bench);
  socket.write(`${head}${json}${chunked}${inChunksOf(1, '{"counts":[1]}'.padEnd(17_000))}`);
  const answer = await readAnswer(socket);
  assert.equal(answer.status, 413);
  assert.match(problemOf(answer).detail, /16,384 parts\. Send larger chunks/);
});

test('buffered bodies share a budget: the largest is evicted, small ones are served', async (t) => {
  const bench = createTestServer(t);
  const large = '{"counts":[1'.padEnd(1_048_575);
  await connectTo(t, bench);
  const sockets = await Promise.all(Array.from({ length: 33 }, () => connectTo(t, bench)));
  const answers = sockets.map((socket) => readAnswer(socket));
  for (const socket of sockets) socket.write(`${head}${json}content-length: 1048576\r\n\r\n${large}`);
  const refused = await Promise.race(answers);
  assert.equal(refused.status, 503);
  assert.equal(problemOf(refused).code, 'server_busy');
  assert.match(String(refused.headers['retry-after']), /^[1-9]\d*$/);

  const small = await connectTo(t, bench);
  const body = '{"counts":[7]}'.padEnd(20_000);
  small.write(`${head}${json}content-length: ${body.length}\r\n\r\n${body}`);
  assert.equal((await readAnswer(small)).status, 201);
});

test('bodies release their memory when they are answered', async (t) => {
  const bench = createTestServer(t);
  const body = '{"counts":[1]}'.padEnd(1_048_576);
  for (let turn = 0; turn < 70; turn += 1) {
    const socket = await connectTo(t, bench);
    socket.write(`${head}${json}content-length: ${body.length}\r\n\r\n${body}`);
    assert.equal((await readAnswer(socket)).status, 201);
  }
});

for (const length of [100, 20_000]) {
  test(`a body of ${length} bytes that breaks off is no failure of the server`, async (t) => {
    const bench = createTestServer(t);
    const answered = new Promise((resolve) => bench.server.addHook('onSend', async () => resolve(undefined)));
    const socket = await connectTo(t, bench);
    const accepted = new Promise((resolve) => bench.server.server.once('request', resolve));
    socket.write(`${head}${json}content-length: ${length}\r\n\r\n{"counts":[1`);
    await accepted;
    socket.resetAndDestroy();
    await answered;
    assert.deepEqual(bench.logged, []);
    assert.deepEqual(bench.refused, []);
  });
}

test('a body releases its memory when its connection breaks', async (t) => {
  const bench = createTestServer(t);
  for (let turn = 0; turn < 70; turn += 1) {
    const socket = await connectTo(t, bench);
    const accepted = new Promise((resolve) => bench.server.server.once('request', resolve));
    socket.write(`${head}${json}content-length: 1048576\r\n\r\n${'x'.repeat(1_000_000)}`);
    await accepted;
    socket.resetAndDestroy();
  }
  const socket = await connectTo(t, bench);
  const body = '{"counts":[1]}'.padEnd(1_048_576);
  socket.write(`${head}${json}content-length: ${body.length}\r\n\r\n${body}`);
  assert.equal((await readAnswer(socket)).status, 201);
});
