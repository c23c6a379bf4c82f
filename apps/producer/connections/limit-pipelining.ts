import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

// Requests of one connection, and of all connections, that wait for the answer to the one before.
const maxPipelinedOfConnection = 16;
const maxPipelined = 256;
// HPE_PAUSED of llhttp, which Node's parser is. A listener that returns it for a head stops the parser there.
const pause = 21;

/** Node's HTTP parser (lib/_http_server.js), which its types leave out. */
type Parser = {
  /** Called with each head. Returns 0 to go on, or a code of llhttp that says otherwise. */
  onIncoming: (request: IncomingMessage, shouldKeepAlive: boolean) => number;
  /** Parses bytes; returns how many, or why it did not parse them all. */
  readonly execute: (bytes: Buffer) => number | Stop;
  readonly pause: () => void;
  readonly resume: () => void;
  /** A copy of what was just read from the socket. */
  readonly getCurrentBuffer: () => Buffer;
  /** Under the number `kOnExecute`: called after bytes from the socket were parsed, or not. */
  [event: number]: (result: number | Stop) => void;
};

type Stop = Error & { readonly code: string; readonly bytesParsed: number };

type Input = {
  readonly socket: Socket;
  readonly parser: Parser;
  /** Node's own listener under `kOnExecute`. */
  readonly executed: (result: number | Stop) => void;
  /** Bytes that were read and not parsed. */
  held: Buffer | undefined;
  /** Requests that were parsed and wait for the answer to the one before. */
  pipelined: number;
  /** True if a request ever came before the answer to the one before. */
  hasPipelined: boolean;
  /** True if the parser has met an error, after which nothing can be parsed. */
  hasFailed: boolean;
};

/** Stops parsers whose clients are owed many answers, and lets them go on. */
const createGate = () => {
  /** Inputs with held bytes, the longest waiting first. */
  const waiting = new Set<Input>();
  let pipelined = 0;
  let releasing: NodeJS.Immediate | undefined;

  const mayParse = (input: Input): boolean =>
    isRead(input.socket) &&
    input.pipelined < maxPipelinedOfConnection &&
    (!input.hasPipelined || pipelined < maxPipelined);

  /** Takes note of what became of `bytes`, which are made only where some were not parsed. */
  const settle = (input: Input, result: number | Stop, bytes: () => Buffer): void => {
    if (hasEnded(input)) {
      input.parser.pause();
    } else if (isPause(result)) {
      // What is read from a socket while it is being paused was not parsed at all.
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

  /** Parses what is held a turn of the event loop later, so that other connections are served in between. */
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
        settle(input, parser.execute(held), () => held);
      }
      // Node resumes the socket where it has paused it.
      if (input.held === undefined && isRead(socket)) socket.resume();
    }
  };

  /** Counts requests of an input that wait for the answer to the one before. */
  const count = (input: Input, by: number): void => {
    input.pipelined += by;
    pipelined += by;
    if (by < 0) releaseSoon();
  };

  /** Keeps a socket paused that Node has resumed, as it does by itself when its answers were written. */
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

  return { mayParse, settle, count, onResume, forget };
};

/**
 * Stops Node's HTTP parser while a client has many requests without an answer. Node parses all that
 * it read at once: 64 KiB hold over 2,000 requests, and a few such reads stop the event loop. What
 * was not parsed is held and the socket not read, so TCP slows the client down; no request is
 * lost. Requests behind the last answer of a connection are dropped.
 *
 * Node has no option for it, so this listens where Node itself does.
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
      gate.settle(input, result, getBytes);
    };
    socket.on('resume', () => gate.onResume(input)).once('close', () => gate.forget(input));
  });

  // In place of the one listener and not beside it: with several, Node copies their list for every request.
  const [answer, ...others] = server.listeners('request');
  if (answer === undefined || others.length > 0)
    throw new TypeError('The HTTP server has not one listener for requests');
  server.removeAllListeners('request').on('request', (request: IncomingMessage, response: ServerResponse) => {
    // A response has no socket while the one before is written.
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
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node's own type, which it does not export
  const parser = Reflect.get(socket, 'parser') as Parser;
  return { parser, kOnExecute: Number(Reflect.get(parser.constructor, 'kOnExecute')) };
};

/**
 * Stops the reading of a socket at once. Its own `pause` does nothing while it is paused for somebody else, who may have
 * asked for more since: a request whose body is wanted does.
 */
const stopReading = (socket: Socket): void => {
  socket.pause();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node's own type, which it does not export
  const handle = Reflect.get(socket, '_handle') as { reading: boolean; readonly readStop: () => void } | null;
  if (handle?.reading !== true) return;
  handle.reading = false;
  handle.readStop();
};

const isPause = (result: number | Stop): result is Stop => typeof result !== 'number' && result.code === 'HPE_PAUSED';

/** True if nothing more of the connection will be parsed. */
const hasEnded = ({ socket, hasFailed }: Input): boolean => hasFailed || socket.writableEnded || socket.destroyed;

/** False while Node itself does not read a socket because its answers are not being read. */
const isRead = ({ _paused: isPaused }: Socket & { readonly _paused?: boolean }): boolean => isPaused !== true;
