import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvents } from './read-events.ts';

const inPieces = (bytes: Uint8Array<ArrayBuffer>, length: number) =>
  new ReadableStream<BufferSource>({
    start: (controller) => {
      for (let at = 0; at < bytes.length; at += length) controller.enqueue(bytes.slice(at, at + length));
      controller.close();
    },
  });

const read = async (text: string, length: number): Promise<string[]> => {
  const data: string[] = [];
  await readEvents(inPieces(new TextEncoder().encode(text), length), (of) => data.push(of));
  return data;
};

for (const [what, text, expected] of [
  ['two events', 'data: {"a":1}\n\ndata: 2\n\n', ['{"a":1}', '2']],
  ['lines that end with CRLF', 'data: 1\r\n\r\ndata: 2\r\n\r\n', ['1', '2']],
  ['comments and other fields', 'retry: 2000\n\n: still here\n\nid: 4\ndata: 1\nevent: x\n\n', ['1']],
  ['data of several lines, without a space', 'data:1\ndata:  2\ndata\n\n', ['1\n 2']],
  [
    'characters of several bytes, and a line separator within the data',
    'data: ü€😀\u2028data: 3\n\n',
    ['ü€😀\u2028data: 3'],
  ],
  ['an event that is cut off', 'data: 1\n\ndata: 2\n', ['1']],
] as const) {
  test(`an event stream is read with ${what}, wherever the chunks end`, async () => {
    for (const length of [1, 2, 7, 1_000])
      assert.deepEqual(await read(text, length), expected, `in pieces of ${length}`);
  });
}

test('a broken event stream ends after the events that arrived', async () => {
  const data: string[] = [];
  const broken = new ReadableStream<BufferSource>(
    {
      pull: (controller) => {
        if (data.length > 0) controller.error(new Error('reset'));
        else controller.enqueue(new TextEncoder().encode('data: 1\n\n'));
      },
    },
    { highWaterMark: 0 },
  );
  await readEvents(broken, (of) => data.push(of));
  assert.deepEqual(data, ['1']);
});

test('an event stream with an endless message is closed', async () => {
  let pieces = 0;
  const endless = new ReadableStream<BufferSource>({
    pull: (controller) => {
      pieces += 1;
      controller.enqueue(new TextEncoder().encode('data: '.repeat(1_000)));
    },
  });
  await readEvents(endless, (data) => assert.fail(data));
  assert.ok(pieces < 100, `after ${pieces} pieces`);
});
