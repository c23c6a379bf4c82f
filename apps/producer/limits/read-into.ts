import { Socket } from 'node:net';

// Node offers this for sockets that it opens (`onread` of net.connect) and not for those that it
// accepts, so this reaches for what that option sets.

type Handle = { readonly useUserBuffer: (buffer: Uint8Array) => void };

const symbolOf = (socket: Socket, description: string): symbol => {
  const found = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === description);
  if (found === undefined) throw new TypeError(`Sockets of this version of Node have no ${description}`);
  return found;
};

const example = new Socket({ onread: { buffer: Buffer.alloc(1), callback: () => true } });
const bufferKey = symbolOf(example, 'kBuffer');
const callbackKey = symbolOf(example, 'kBufferCb');

const handleOf = (socket: Socket): Handle | undefined => {
  const handle: unknown = Reflect.get(socket, '_handle');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node's own type, which it does not export
  return handle === null ? undefined : (handle as Handle);
};

/** Keeps the parser of an HTTP server from reading a socket by itself, without JavaScript in between. */
export const keepFromParser = (socket: Socket): void => {
  const handle = handleOf(socket);
  if (handle !== undefined) Object.assign(handle, { _consumed: true });
};

/** Reads a socket into `buffer`. `onBytes` is given what was read, which the next read overwrites. */
export const readInto = (socket: Socket, buffer: Buffer, onBytes: (bytes: Buffer) => void): void => {
  const callback = (length: number): boolean => {
    onBytes(buffer.subarray(0, length));
    return true;
  };
  Object.assign(socket, { [bufferKey]: buffer, [callbackKey]: callback });
  handleOf(socket)?.useUserBuffer(buffer);
};
