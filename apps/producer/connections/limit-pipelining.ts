import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

// Requests that wait for the answer to the one before, per connection and in total.
const maxPipelinedOfConnection = 16;
const maxPipelined = 256;
// HPE_PAUSED of llhttp, the parser of Node. A listener that returns it for a head stops the parser.
const pause = 21;

/** The HTTP parser of Node (lib/_http_server.js), which its types leave out. */
type Parser = {
  /** Called with each head. Returns 0 to continue, or another code of llhttp. */
  onIncoming: (request: IncomingMessage, shouldKeepAlive: boolean) => number;
  /** Parses bytes. Returns how many, or the reason why it stopped. */
  readonly execute: (bytes: Buffer) => number | Stop;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Returns a copy of the bytes that were just read from the socket. */
  readonly getCurrentBuffer: () => Buffer;
  /**
   * Called after bytes from the socket were parsed or refused. Its key is the number `kOnExecute`.
   */
  [event: number]: (result: number | Stop) => void;
};

type Stop = Error & { readonly code: string; readonly bytesParsed: number };

type Input = {
  readonly socket: Socket;
  readonly parser: Parser;
  /** The listener of Node under `kOnExecute`. */
  readonly executed: (result: number | Stop) => void;
  /** Bytes that were read but not parsed. */
  held: Buffer | undefined;
  /** The number of parsed requests that wait for the answer to the one before. */
  pipelined: number;
  /** True if a request ever arrived before the answer to the one before. */
  hasPipelined: boolean;
  /** True if the parser has met an error, after which it can parse nothing. */
  hasFailed: boolean;
};

/** Pauses the parsers of clients with many unanswered requests, and resumes them later. */
const createGate = () => {
  /** Inputs with held bytes. The one that has waited longest is first. */
  const waiting = new Set<Input>();
  let pipelined = 0;
  let releasing: NodeJS.Immediate | undefined;

  const mayParse = (input: Input): boolean =>
    isRead(input.socket) &&
    input.pipelined < maxPipelinedOfConnection &&
    (!input.hasPipelined || pipelined < maxPipelined);

  /** Handles the result of parsing. Calls `bytes` only if some were not parsed. */
  const onParsed = (input: Input, result: number | Stop, bytes: () => Buffer): void => {
    if (hasEnded(input)) {
      input.parser.pause();
    } else if (isPause(result)) {
      // Bytes that are read from a socket while it is being paused were not parsed at all.
      const rest = input.held === undefined ? bytes().subarray(result.bytesParsed) : bytes();
      hold(input, rest);
      input.executed(result.bytesParsed);
    } else {
      input.hasFailed = typeof result !== 'number';
      input.executed(result);
    }
  };

  const hold = (input: Input, rest: Buffer): void => {
    input.held = input.held === undefined ? rest : Buffer.concat([input.held, rest]);
    waiting.add(input);
    stopReading(input.socket);
    releaseSoon();
  };

  /** Parses held bytes in the next turn of the event loop, after other connections. */
  const releaseSoon = (): void => {
    if (waiting.size > 0) releasing ??= setImmediate(release);
  };

  const release = (): void => {
    releasing = undefined;
    for (const input of [...waiting]) {
      if (pipelined >= maxPipelined) break;
      const { held, socket, parser } = input;
      if (!hasEnded(input) && !mayParse(input)) continue;
      waiting.delete(input);
      input.held = undefined;
      if (held !== undefined && !hasEnded(input)) {
        parser.resume();
        onParsed(input, parser.execute(held), () => held);
      }
      // Node resumes the sockets that it has paused itself.
      if (input.held === undefined && isRead(socket)) socket.resume();
    }
  };

  /** Counts the requests of an input that wait for the answer to the one before. */
  const count = (input: Input, by: number): void => {
    input.pipelined += by;
    pipelined += by;
    if (by < 0) releaseSoon();
  };

  /** Keeps a held socket paused when Node resumes it, as it does after it has written answers. */
  const onResume = ({ held, parser, socket }: Input): void => {
    if (held === undefined) return;
    parser.pause();
    stopReading(socket);
    releaseSoon();
  };

  const forget = (input: Input): void => {
    waiting.delete(input);
    input.held = undefined;
    count(input, -input.pipelined);
  };

  return { mayParse, onParsed, count, onResume, forget };
};

/**
 * Stops the HTTP parser of Node while a client has many unanswered requests (HTTP pipelining). Node
 * parses all that it read at once. 64 KiB hold over 2,000 requests, and a few such reads block the
 * event loop. The server holds unparsed bytes and stops reading the socket, so TCP slows the client
 * down. No request is lost, except those after the last answer of a connection.
 *
 * Node has no option for this, so the function replaces the listeners of Node.
 */
export const limitPipelining = (server: Server, onInput: (socket: Socket) => void): void => {
  const inputs = new WeakMap<Socket, Input>();
  const gate = createGate();

  server.on('connection', (socket) => {
    const { parser, kOnExecute } = parserOf(socket);
    const { onIncoming, [kOnExecute]: executed } = parser;
    if (executed === undefined) throw new TypeError('The HTTP server does not listen to its parser');
    const input: Input = {
      socket,
      parser,
      executed,
      held: undefined,
      pipelined: 0,
      hasPipelined: false,
      hasFailed: false,
    };
    inputs.set(socket, input);
    parser.onIncoming = (request, shouldKeepAlive) => {
      if (hasEnded(input)) return pause;
      const order = onIncoming(request, shouldKeepAlive);
      return order === 0 && !gate.mayParse(input) ? pause : order;
    };
    const getBytes = () => parser.getCurrentBuffer();
    parser[kOnExecute] = (result) => {
      onInput(socket);
      gate.onParsed(input, result, getBytes);
    };
    socket.on('resume', () => gate.onResume(input)).once('close', () => gate.forget(input));
  });

  // Replaces the only listener instead of adding one. With several, Node copies their list for
  // every request.
  const [answer, ...others] = server.listeners('request');
  if (answer === undefined || others.length > 0)
    throw new TypeError('The HTTP server has not one listener for requests');
  server.removeAllListeners('request').on('request', (request: IncomingMessage, response: ServerResponse) => {
    // A response has no socket while the one before is being written.
    if (response.socket === null) notePipelined(request.socket, response);
    Reflect.apply(answer, server, [request, response]);
  });

  const notePipelined = (socket: Socket, response: ServerResponse): void => {
    const input = inputs.get(socket);
    if (input === undefined || socket.destroyed) return;
    input.hasPipelined = true;
    gate.count(input, 1);
    response.once('close', () => {
      if (!socket.destroyed) gate.count(input, -1);
    });
  };
};

const parserOf = (socket: Socket): { readonly parser: Parser; readonly kOnExecute: number } => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node does not export it
  const parser = Reflect.get(socket, 'parser') as Parser;
  return { parser, kOnExecute: Number(Reflect.get(parser.constructor, 'kOnExecute')) };
};

/**
 * Stops reading a socket at once. `pause` does nothing on a socket that is already paused. Reading
 * may have started again since, for a request whose body is wanted.
 */
const stopReading = (socket: Socket): void => {
  socket.pause();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node does not export it
  const handle = Reflect.get(socket, '_handle') as { reading: boolean; readonly readStop: () => void } | null;
  if (handle?.reading !== true) return;
  handle.reading = false;
  handle.readStop();
};

const isPause = (result: number | Stop): result is Stop => typeof result !== 'number' && result.code === 'HPE_PAUSED';

/** True if nothing more of the connection will be parsed. */
const hasEnded = ({ socket, hasFailed }: Input): boolean => hasFailed || socket.writableEnded || socket.destroyed;

/** False while Node does not read a socket because the client does not read its answers. */
const isRead = ({ _paused: isPaused }: Socket & { readonly _paused?: boolean }): boolean => isPaused !== true;
