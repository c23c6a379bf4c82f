import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { shapes, type Shape } from './shapes.ts';

// `node attacker.ts --shape NAME --port PORT --ms MS`: attacks a server on this machine for MS
// milliseconds. It runs in its own process, so it does not slow down the measurement. It prints a
// line when it has begun.

const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: '' },
    port: { type: 'string', default: '' },
    ms: { type: 'string', default: '5000' },
  },
});
const port = Number(values.port);
const endsAt = performance.now() + Number(values.ms);
const again = 5;
// The maximum number of repetitions on each connection, which limits the data of one attack.
const maxRepeats = 200;

const openOnce = async (shape: Shape): Promise<void> => {
  const socket = connect({ port, host: '127.0.0.1' });
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  const timer = setTimeout(() => socket.destroy(), Math.max(0, endsAt - performance.now()));
  if (shape.isDeaf === true) socket.pause();
  else socket.resume();
  socket.once('connect', () => void send(socket, closed, shape));
  await closed;
  clearTimeout(timer);
};

const send = async (socket: Socket, closed: Promise<void>, { writes, repeats = false }: Shape): Promise<void> => {
  for (let turn = 0; turn < (repeats ? maxRepeats : 1); turn += 1) {
    for (const bytes of writes) {
      if (socket.destroyed) return;
      if (socket.write(bytes)) continue;
      const drained = new Promise((resolve) => void socket.once('drain', resolve));
      await Promise.race([drained, closed]);
    }
  }
};

const keepOpen = async (shape: Shape): Promise<void> => {
  while (performance.now() < endsAt) {
    await openOnce(shape);
    await pause(again);
  }
};

const shape = shapes[values.shape];
if (shape === undefined) throw new Error(`There is no shape called ${values.shape}`);
const attacking = Array.from({ length: shape.connections }, () => keepOpen(shape));
process.stdout.write('attacking\n');
await Promise.all(attacking);
