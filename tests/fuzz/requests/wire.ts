import { once } from 'node:events';
import { connect } from 'node:net';

/** One answer, with its body as bytes (latin1). */
export type Answer = {
  readonly status: number;
  /** The headers by lower-case name. Values of repeated headers are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
};

/** A connection that sends any bytes and reads answers. */
export type Wire = {
  /** Returns true if neither side has closed the connection. */
  readonly isOpen: () => boolean;
  readonly write: (bytes: string) => void;
  /**
   * Reads the next answer, or returns `ended` when the connection has ended. Throws when the answer
   * is not HTTP, or does not come within `withinMs`.
   */
  readonly read: (method: string, withinMs?: number) => Promise<Answer | 'ended'>;
  /** Half-closes the connection: nothing more will be written. */
  readonly finish: () => void;
  readonly drop: () => void;
};

/** The error for a connection that stays open without an answer. */
export class SilenceError extends Error {
  readonly code = 'SILENCE';
}

// The producer answers within 2 s; the rest is for a busy machine.
const patienceMs = 20_000;

/** Connects to the producer. */
export const openWire = async (port: number): Promise<Wire> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let received = '';
  let isOpen = true;
  let look = rest;
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1');
    look();
  });
  const onEnd = () => {
    isOpen = false;
    look();
  };
  // A reset connection has ended, too.
  socket.on('error', onEnd).on('end', onEnd).on('close', onEnd);

  const read: Wire['read'] = (method, withinMs = patienceMs) =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        look = rest;
        act();
      };
      const timer = setTimeout(
        () => settle(() => reject(new SilenceError(`No answer within ${withinMs} ms`))),
        withinMs,
      );
      look = () => {
        try {
          const found = takeAnswer(received, method);
          if (found === undefined && isOpen) return;
          if (found === undefined && received !== '')
            throw new Error(`An answer broke off: ${JSON.stringify(received)}`);
          received = found?.rest ?? '';
          settle(() => resolve(found?.answer ?? 'ended'));
        } catch (error) {
          settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      look();
    });

  return {
    isOpen: () => isOpen,
    write: (bytes) => void (socket.writable && socket.write(bytes, 'latin1')),
    read,
    finish: () => void socket.end(),
    drop: () => {
      isOpen = false;
      socket.destroy();
    },
  };
};

const rest = (): void => undefined;

/**
 * Parses the first complete answer from the received bytes, or returns `undefined`. Skips interim
 * (1xx) answers.
 */
const takeAnswer = (received: string, method: string): { answer: Answer; rest: string } | undefined => {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [first = '', ...lines] = received.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]+$/.exec(first)?.[1]);
  if (Number.isNaN(status)) throw new Error(`No status line: ${JSON.stringify(first)}`);
  const after = received.slice(end + 4);
  if (status < 200) return takeAnswer(after, method);

  const headers = new Map<string, string>();
  for (const text of lines) {
    const [, name = '', value = ''] = /^([\w-]+): ([\x20-\x7e]*)$/.exec(text) ?? [];
    if (name === '') throw new Error(`No header line: ${JSON.stringify(text)}`);
    const known = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), known === undefined ? value : `${known}, ${value}`);
  }
  const length = bodyLength(status, headers, method);
  if (after.length < length) return undefined;
  return { answer: { status, headers, body: after.slice(0, length) }, rest: after.slice(length) };
};

const bodyLength = (status: number, headers: ReadonlyMap<string, string>, method: string): number => {
  if (method === 'HEAD' || status === 204 || headers.get('content-type')?.startsWith('text/event-stream') === true) {
    return 0;
  }
  const length = headers.get('content-length') ?? 'missing';
  if (!/^\d+$/.test(length)) throw new Error(`The Content-Length of an answer is ${length}`);
  return Number(length);
};
