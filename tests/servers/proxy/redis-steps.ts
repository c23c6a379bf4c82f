import type { TestContext } from 'node:test';
import type { Breakpoints } from './breakpoint.ts';
import { createStepProxy, forEachPacket } from './step-proxy.ts';

// Client commands are arrays of bulk strings (Redis serialization protocol specification).
const lineEnd = '\r\n';

/**
 * Starts a proxy to Redis that sends commands one by one. The breakpoints can stop a consumer at its reads
 * and between XDEL and XACK.
 */
export const createRedisSteps = (test: TestContext, targetPort: number, breakpoints: Breakpoints): Promise<number> =>
  createStepProxy(test, targetPort, (client, server) => {
    let onReply: (() => void) | undefined;
    let lastName = '';
    let lastCommand = '';

    const send = async (packet: Buffer) => {
      const replied = new Promise<void>((resolve) => {
        onReply = resolve;
      });
      server.write(packet);
      await replied;
    };

    forEachPacket(client, commandLength, async (packet) => {
      lastCommand = packet.toString();
      lastName = lastCommand.split(lineEnd)[2] ?? '';
      if (lastName !== 'XDEL') {
        server.write(packet);
        return;
      }
      await breakpoints.pass('COMMIT answered', lastCommand, client);
      await send(packet);
      await breakpoints.pass('XDEL', lastCommand, client);
    });
    forEachPacket(
      server,
      ({ length }) => length || undefined,
      async (chunk) => {
        onReply?.();
        onReply = undefined;
        const text = chunk.toString();
        if (lastName === 'XREADGROUP' && /[0-9a-f]{32}/.test(text))
          await breakpoints.pass('entries delivered', text, client);
        if (lastName === 'XACK') await breakpoints.pass('XACK', lastCommand, client);
        client.write(chunk);
      },
    );
  });

/** Returns the length of the first command in bytes, or `undefined` while it is incomplete. */
const commandLength = (bytes: Buffer): number | undefined => {
  const headEnd = bytes.indexOf(lineEnd);
  if (headEnd === -1) return undefined;
  const parts = Number(bytes.toString('latin1', 1, headEnd));
  let at = headEnd + lineEnd.length;
  for (let part = 0; part < parts; part++) {
    const lengthEnd = bytes.indexOf(lineEnd, at);
    if (lengthEnd === -1) return undefined;
    at = lengthEnd + lineEnd.length + Number(bytes.toString('latin1', at + 1, lengthEnd)) + lineEnd.length;
  }
  return at;
};
