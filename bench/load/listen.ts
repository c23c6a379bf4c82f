import { once } from 'node:events';
import { connect } from 'node:net';
import type { Command, LoadResult } from './command.ts';
import { requestText } from './connection.ts';

type Listen = Extract<Command, { kind: 'listen' }>;

const host = '127.0.0.1';

/**
 * Listens to GET /events on many connections, spread over the ports. Throws unless each listener
 * got one event a second, the last of which may be in progress. `requests` is the number of
 * received events. There are no latencies.
 */
export const runListen = async ({ ports, listeners, ms }: Listen): Promise<LoadResult> => {
  const startedAt = performance.now();
  const listen = async (index: number) => {
    const socket = connect(ports[index % ports.length] ?? 0, host);
    await once(socket, 'connect');
    let events = 0;
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      if (text.length < 64) text += chunk;
      events += chunk.split('\ndata: ').length - 1;
    });
    socket.write(requestText('GET', '/events'));
    return { events: () => events, head: () => text.split('\r\n')[0], close: () => socket.destroy() };
  };
  const open = await Promise.all(Array.from({ length: listeners }, (_, index) => listen(index)));
  await new Promise((resolve) => setTimeout(resolve, ms));
  for (const { close } of open) close();
  const deaf = open.find(({ events }) => events() === 0);
  if (deaf !== undefined) throw new Error(`A listener got no event: ${deaf.head() ?? 'no answer'}`);
  return {
    requests: open.reduce((sum, { events }) => sum + events(), 0),
    refused: 0,
    ms: performance.now() - startedAt,
    p50: 0,
    p99: 0,
  };
};
