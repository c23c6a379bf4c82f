import { once } from 'node:events';
import { connect } from 'node:net';

const withinMs = 1_000;

/** Opens a connection and closes it. Throws if it does not open within a second. */
export const connectTo = async (address: string, port: number): Promise<void> => {
  const socket = connect(port, address);
  socket.setTimeout(withinMs, () => socket.destroy(new Error(`${address}:${port} did not answer`)));
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
};
