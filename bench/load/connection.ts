import { once } from 'node:events';
import { connect } from 'node:net';

/** An answer of the server: its status and its body, with one character per byte. */
export type Answer = { readonly status: number; readonly body: string };

/** A persistent HTTP/1.1 connection with one request in progress at a time. */
export type Connection = {
  /**
   * Sends a whole request and passes the answer to `onAnswer`. A broken connection is reported to
   * the `onFault` of {@link openConnection}.
   */
  readonly send: (request: string | Buffer, onAnswer: (answer: Answer) => void) => void;
  readonly close: () => void;
};

const host = '127.0.0.1';
const head = '\r\n\r\n';

/**
 * Opens a connection with the minimum of HTTP/1.1 (RFC 9112) for this load: answers with
 * `Content-Length`. A full client would take as long per request as the measured server. If the
 * server closes the connection between two requests, the next request opens another.
 */
export const openConnection = async (port: number, onFault: (error: Error) => void): Promise<Connection> => {
  let received = '';
  let answered: ((answer: Answer) => void) | undefined;

  const onData = (chunk: string) => {
    received += chunk;
    const headEnd = received.indexOf(head);
    if (headEnd < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
    if (length === undefined) {
      socket.destroy(new Error(`An answer of port ${port} has no Content-Length:\n${received}`));
      return;
    }
    const body = received.slice(headEnd + head.length);
    if (body.length < Number(length)) return;
    const status = Number(received.slice(9, 12));
    if (/\r\nconnection: close/i.test(received)) socket.destroy();
    received = '';
    const onAnswer = answered;
    answered = undefined;
    onAnswer?.({ status, body });
  };
  const onEnd = () => {
    if (answered !== undefined) onFault(new Error(`Port ${port} ended a connection`));
  };
  const open = async () => {
    const opened = connect(port, host);
    await once(opened, 'connect');
    opened.setNoDelay(true).setEncoding('latin1');
    return opened.on('data', onData).on('error', onFault).on('end', onEnd);
  };

  let socket = await open();
  return {
    send: (request, onAnswer) => {
      answered = onAnswer;
      if (socket.writable) {
        socket.write(request);
        return;
      }
      open().then((opened) => {
        socket = opened;
        socket.write(request);
      }, onFault);
    },
    close: () => socket.destroy(),
  };
};

/** Formats a request. Its body is JSON. */
export const requestText = (method: 'GET' | 'POST', path: string, body = ''): string => {
  const about = body === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${about}\r\n${body}`;
};
