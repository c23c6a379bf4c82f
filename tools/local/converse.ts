import { once } from 'node:events';
import { connect } from 'node:net';

const answerWithinMs = 1_000;

/** Sends `question` to a server on this machine and answers with the first that it says. Throws when it says nothing. */
export const converse = async (port: number, question: string): Promise<Buffer> => {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error(`Port ${port} gave no answer`)));
  try {
    await once(socket, 'connect');
    socket.write(question);
    for await (const chunk of socket) return Buffer.from(chunk);
    throw new Error(`Port ${port} closed the connection`);
  } finally {
    socket.destroy();
  }
};
