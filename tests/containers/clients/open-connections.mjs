import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

// Opens connections from one address. Each sends the same bytes and then nothing. It is a separate
// process, so it takes no CPU time from the clients that it is compared with. Prints `connected`
// when all are connected.

const [localAddress, port, count, reads, head, padding] = process.argv.slice(2);
const bytes = head + ' '.repeat(Number(padding));
let connected = 0;
for (let number = 1; number <= Number(count); number++) {
  const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  socket.on('connect', () => {
    socket.write(bytes);
    connected += 1;
    if (connected === Number(count)) process.stdout.write('connected\n');
  });
  if (reads === 'true') socket.resume();
  if (number % 256 === 0) await pause(1);
}
