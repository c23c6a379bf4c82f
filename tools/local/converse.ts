import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

const answerWithinMs = 1_000;

/**
 * Sends `question` to a server on this machine and returns the first chunk of its answer. With
 * `untilClosed`, returns all of it until the server closes the connection. Throws if there is no
 * answer within a second.
 */
export const converse = async (port: number, question: string, untilClosed = false): Promise<Buffer> => {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error(`Port ${port} did not answer`)));
  try {
    await once(socket, 'connect');
    socket.write(question);
    if (untilClosed) return await buffer(socket);
    for await (const chunk of socket) return Buffer.from(chunk);
    throw new Error(`Port ${port} closed the connection`);
  } finally {
    socket.destroy();
  }
};
