import { setTimeout as pause } from 'node:timers/promises';
import { token } from '../oracle.ts';
import { openWire, type Answer } from './wire.ts';

const head = `Host: sluice\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;

/** Requests that are never completed. */
export const unfinished = [
  '',
  'POST /cou',
  'POST /count HTTP/1.1\r\nHost: slu',
  `POST /count HTTP/1.1\r\n${head}`,
  `POST /count HTTP/1.1\r\n${head}Content-Length: 12\r\n\r\n`,
  `POST /count HTTP/1.1\r\n${head}Content-Length: 12\r\n\r\n{"count":1}`,
  `POST /count HTTP/1.1\r\n${head}Content-Length: 12\r\nExpect: 100-continue\r\n\r\n`,
  `POST /count HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nb\r\n{"count":1}`,
  `POST /count HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nb\r\n{"count":1}\r\n0\r\n`,
] as const;

// The producer allows 10 s for headers and 20 s for a whole request, and checks both once a second.
const longestMs = 60_000;

/** Sends bytes and then nothing; resolves with the answer. */
export const sendAndWait = async (port: number, bytes: string): Promise<Answer | 'ended'> => {
  const wire = await openWire(port);
  wire.write(bytes);
  try {
    return await wire.read('POST', longestMs);
  } finally {
    wire.drop();
  }
};

/** Sends a valid request byte by byte; resolves with its answer. */
export const trickle = async (port: number, count: number): Promise<Answer | 'ended'> => {
  const wire = await openWire(port);
  const body = JSON.stringify({ count });
  for (const byte of `POST /count HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`) {
    wire.write(byte);
    await pause(5);
  }
  try {
    return await wire.read('POST');
  } finally {
    wire.drop();
  }
};
