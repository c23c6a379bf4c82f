import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { keepFromParser, readInto } from './read-into.ts';
import type { Duplex } from 'node:stream';

// About 20 of the shortest requests; most requests that people send fit into one slice.
const readBytes = 65_536;
const minSliceBytes = 512;
// A body is fed in larger slices, or each of its parts would cost a call.
const maxSliceBytes = 2_048;
// Requests of one connection, and of all connections, that wait for the answer to the one before.
const maxPipelinedOfConnection = 16;
const maxPipelined = 256;

type Input = {
  readonly socket: Socket;
  /** Node's own listener, which feeds the parser. */
  readonly parse: (bytes: Buffer) => void;
  /** Bytes that the parser has not seen yet. */
  held: Buffer | undefined;
  /** Requests that were parsed and wait for the answer to the one before. */
  pipelined: number;
  /** True if a request ever came before the answer to the one before. */
  hasPipelined: boolean;
  /** True if the parser has met an error, after which it must not be fed. */
  hasFailed: boolean;
};

const nothing = Buffer.alloc(0);

/** Feeds parsers, as far as the answers that they owe allow. */
const createFeeder = () => {
  /** Inputs with held bytes, the longest waiting first. */
  const waiting = new Set<Input>();
  let pipelined = 0;
  let releasing: NodeJS.Immediate | undefined;

  const mayFeed = (input: Input): boolean =>
    isParserReady(input.socket) &&
    input.pipelined < maxPipelinedOfConnection &&
    (!input.hasPipelined || pipelined < maxPipelined);

  const feed = (input: Input, bytes: Buffer): void => {
    if (input.held !== undefined) return hold(input, bytes);
    let size = minSliceBytes;
    for (let start = 0; start < bytes.length && !hasEnded(input);) {
      if (!mayFeed(input)) return hold(input, bytes.subarray(start));
      const end = start + size;
      input.parse(start === 0 && end >= bytes.length ? bytes : bytes.subarray(start, end));
      start = end;
      size = input.hasPipelined ? minSliceBytes : Math.min(2 * size, maxSliceBytes);
    }
    return undefined;
  };

  const hold = (input: Input, rest: Buffer): void => {
    // A copy: the buffer that bytes are read into is used again.
    input.held = Buffer.concat([input.held ?? nothing, rest]);
    waiting.add(input);
    input.socket.pause();
    releaseSoon();
  };

  /** Feeds what is held a turn of the event loop later, so that other connections are served in between. */
  const releaseSoon = (): void => {
    if (waiting.size > 0) releasing ??= setImmediate(release);
  };

  const release = (): void => {
    releasing = undefined;
    for (const input of [...waiting]) {
      if (pipelined >= maxPipelined) break;
      if (!mayFeed(input)) continue;
      const { held, socket } = input;
      waiting.delete(input);
      input.held = undefined;
      if (held !== undefined) feed(input, held);
      // Node resumes the socket where it has paused the parser.
      if (input.held === undefined && isParserReady(socket)) socket.resume();
    }
  };

  /** Counts requests of an input that wait for the answer to the one before. */
  const count = (input: Input, by: number): void => {
    input.pipelined += by;
    pipelined += by;
    if (by < 0) releaseSoon();
  };

  /** Keeps a socket paused that Node has resumed, as it does by itself when its answers were written. */
  const onResume = (input: Input): void => {
    if (input.held === undefined) return;
    if (!mayFeed(input)) input.socket.pause();
    releaseSoon();
  };

  const forget = (input: Input): void => {
    waiting.delete(input);
    input.held = undefined;
    count(input, -input.pipelined);
  };

  return { feed, count, onResume, forget };
};

/**
 * Feeds Node's HTTP parser in small slices, and holds back the rest while a client has many requests
 * without an answer. Node parses all that it read at once: 64 KiB hold over 2,000 requests, and a
 * few such reads stop the event loop. Held bytes stop the socket from being read, so TCP slows
 * the client down; no request is lost. Bytes after the last answer of a connection are dropped
 * unparsed.
 *
 * Node has no option for either. All connections read into one buffer, as they do for Node's parser;
 * a stream would make a buffer of 64 KiB for each read.
 */
export const sliceInput = (server: Server, onInput: (socket: Socket) => void): void => {
  const inputs = new WeakMap<Duplex, Input>();
  const feeder = createFeeder();
  const readBuffer = Buffer.allocUnsafeSlow(readBytes);

  // Before Node's own listener, which would have the parser read the socket by itself.
  server.prependListener('connection', keepFromParser);

  server.on('connection', (socket) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listener for data takes bytes
    const [parse] = socket.listeners('data') as Input['parse'][];
    if (parse === undefined) throw new TypeError('The HTTP server does not listen for data');
    const input: Input = { socket, parse, held: undefined, pipelined: 0, hasPipelined: false, hasFailed: false };
    inputs.set(socket, input);
    readInto(socket, readBuffer, (bytes) => {
      onInput(socket);
      feeder.feed(input, bytes);
    });
    socket.on('resume', () => feeder.onResume(input)).once('close', () => feeder.forget(input));
  });

  server.prependListener('clientError', (_error, socket) => {
    const input = inputs.get(socket);
    if (input !== undefined) input.hasFailed = true;
  });

  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    // A response has no socket while the one before is written.
    if (response.socket !== null) return;
    const { socket } = request;
    const input = inputs.get(socket);
    if (input === undefined || socket.destroyed) return;
    input.hasPipelined = true;
    feeder.count(input, 1);
    response.once('close', () => {
      if (!socket.destroyed) feeder.count(input, -1);
    });
  });
};

/** True if nothing more of the connection will be parsed. */
const hasEnded = ({ socket, hasFailed }: Input): boolean =>
  hasFailed ||
  // Node takes the parser away from a connection that has become a tunnel.
  socket.writableEnded ||
  socket.destroyed ||
  Reflect.get(socket, 'parser') === null;

/** False while Node itself has paused the parser because answers are not being read; it throws then. */
const isParserReady = (socket: Socket): boolean => Reflect.get(socket, '_paused') !== true;
