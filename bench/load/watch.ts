import { setTimeout as pause } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { openConnection, requestText, type Answer } from './connection.ts';

/** A reader of the number of recorded counts. */
export type Watch = { readonly readRows: () => Promise<number>; readonly close: () => void };

const unavailable = 503;
const readsWithinMs = 60_000;
const retryAfterMs = 2;

/** Reads it from GET /count. Retries after 503. */
export const watchApi = async (port: number, onFault: (error: Error) => void): Promise<Watch> => {
  const connection = await openConnection(port, onFault);
  const readRows = async (): Promise<number> => {
    const giveUpAt = performance.now() + readsWithinMs;
    for (;;) {
      const { status, body } = await new Promise<Answer>((resolve) => {
        connection.send(requestText('GET', '/count'), resolve);
      });
      const rows = /"rows_count":(\d+)/.exec(body)?.[1];
      if (status === 200 && rows !== undefined) return Number(rows);
      if (status !== unavailable || performance.now() > giveUpAt) {
        throw new Error(`GET /count was answered ${status}: ${body}`);
      }
      await pause(retryAfterMs);
    }
  };
  return { readRows, close: connection.close };
};

/** Counts the rows of a table `count` that is small. */
export const watchTable = async (login: Parameters<typeof createConnection>[0]): Promise<Watch> => {
  const connection = await createConnection(login);
  const readRows = async () => {
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS number FROM `count`');
    return Number(row?.['number']);
  };
  return { readRows, close: () => connection.destroy() };
};
