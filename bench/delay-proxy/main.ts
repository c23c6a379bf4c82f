import { connect, createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';

// A TCP proxy that delays the server's replies by some milliseconds, to simulate the round trip to
// a distant server.

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    'delay-ms': { type: 'string' },
    address: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
  },
});
const target = Number(values.target);
const delayMs = Number(values['delay-ms']);

/** Passes on data in order, each chunk after its delay. */
const hold = (to: Socket): ((chunk: Buffer) => void) => {
  const held: { chunk: Buffer; until: number }[] = [];
  let isWaiting = false;
  const release = () => {
    isWaiting = false;
    const now = performance.now();
    while (held[0] !== undefined && held[0].until <= now) to.write(held.shift()?.chunk ?? '');
    wait();
  };
  const wait = () => {
    if (isWaiting || held[0] === undefined) return;
    isWaiting = true;
    const leftMs = held[0].until - performance.now();
    // A timer fires up to a millisecond late, so the last millisecond is polled.
    if (leftMs > 1) setTimeout(release, leftMs - 1);
    else setImmediate(release);
  };
  return (chunk) => {
    held.push({ chunk, until: performance.now() + delayMs });
    wait();
  };
};

const server = createServer((client) => {
  const upstream = connect(target, '127.0.0.1');
  for (const socket of [client, upstream]) socket.setNoDelay(true).on('error', () => socket.destroy());
  client.on('data', (chunk) => upstream.write(chunk)).on('close', () => upstream.destroy());
  upstream.on('data', hold(client)).on('close', () => client.destroy());
});
server.listen(Number(values.port), values.address, () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`listening on ${address.port}\n`);
});
process.on('SIGTERM', () => process.exit());
