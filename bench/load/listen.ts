import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command, LoadResult } from './command.ts';
import { requestText } from './connection.ts';

type Listen = Extract<Command, { kind: 'listen' }>;

const host = '127.0.0.1';
// A busy machine may need longer than the measurement until each listener has an event.
const firstEventWithinMs = 30_000;

/**
 * Listens to GET /events on many connections, spread over the ports. Throws if a listener gets no
 * event at all. `requests` is the number of received events. There are no latencies.
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
  await pause(ms);
  const findDeaf = () => open.find(({ events }) => events() === 0);
  const giveUpAt = performance.now() + firstEventWithinMs;
  while (findDeaf() !== undefined && performance.now() < giveUpAt) await pause(50);
  const deaf = findDeaf();
  for (const { close } of open) close();
  if (deaf !== undefined) throw new Error(`A listener got no event: ${deaf.head() ?? 'no answer'}`);
  return {
    requests: open.reduce((sum, { events }) => sum + events(), 0),
    refused: 0,
    ms: performance.now() - startedAt,
    p50: 0,
    p99: 0,
  };
};
