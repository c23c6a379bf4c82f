import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from '../parts/statistics.ts';
import type { Command, LoadResult } from './command.ts';
import { openConnection, type Answer, type Connection } from './connection.ts';
import { requestSources, successOf } from './request-sources.ts';
import { watchApi, watchTable } from './watch.ts';

type Visible = Extract<Command, { kind: 'visible' }>;

const pollEveryMs = 2;
const visibleWithinMs = 60_000;
const unavailable = 503;

/**
 * Posts counts at a fixed rate and polls GET /count, or the table, for the number of visible ones.
 *
 * A latency runs from the planned time of a count to the end of the first read that shows all counts
 * sent up to it. So a count that is sent late counts as late, whatever delayed it (coordinated
 * omission). One partition and one consumer keep the order.
 *
 * It does not wait for a count that got 503. The counts after it seem as late as if it had.
 */
export const runVisible = async (command: Visible): Promise<LoadResult> => {
  const { request, port, connections, perSecond, ms } = command;
  const failures = Promise.withResolvers<never>();
  failures.promise.catch(() => undefined);
  const open = (amount: number) =>
    Promise.all(Array.from({ length: amount }, () => openConnection(port, failures.reject)));
  const free = await open(connections);
  const all = [...free];
  const watching = await (command.database === undefined
    ? watchApi(port, failures.reject)
    : watchTable(command.database));
  const counts = Math.round((perSecond * ms) / 1000);
  const latencies: number[] = [];
  let refused = 0;
  const onAnswer = ({ status, body }: Answer) => {
    if (status === unavailable) refused += 1;
    else if (!successOf(request).includes(status)) failures.reject(new Error(`A POST was answered ${status}: ${body}`));
  };
  try {
    const before = await Promise.race([watching.readRows(), failures.promise]);
    const startedAt = performance.now();
    const dueAt = (index: number) => startedAt + (1000 * index) / perSecond;
    const posting = post({ free, counts, dueAt, nextRequest: requestSources[request](), onAnswer });
    const watch = async () => {
      while (latencies.length < counts - refused) {
        const visible = (await watching.readRows()) - before;
        const now = performance.now();
        while (latencies.length < Math.min(visible, counts)) latencies.push(now - dueAt(latencies.length));
        if (now > startedAt + ms + visibleWithinMs) {
          throw new Error(
            `${visible} of ${counts - refused} counts were visible ${visibleWithinMs} ms after the last was sent`,
          );
        }
        await pause(pollEveryMs);
      }
    };
    await Promise.race([Promise.all([watch(), posting]), failures.promise]);
    return {
      requests: latencies.length,
      refused,
      ms: performance.now() - startedAt,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
    };
  } finally {
    for (const connection of all) connection.close();
    watching.close();
  }
};

type Posting = {
  /** The connections without a request in progress. */
  readonly free: Connection[];
  readonly counts: number;
  readonly dueAt: (index: number) => number;
  readonly nextRequest: () => string | Buffer;
  readonly onAnswer: (answer: Answer) => void;
};

/** Sends due requests whenever a connection is free. Resolves when all are answered. */
const post = ({ free, counts, dueAt, nextRequest, onAnswer }: Posting): Promise<void> =>
  new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    const sendDue = () => {
      const now = performance.now();
      while (sent < counts && dueAt(sent) <= now) {
        const connection = free.pop();
        if (connection === undefined) return;
        sent += 1;
        connection.send(nextRequest(), (answer) => {
          onAnswer(answer);
          free.push(connection);
          answered += 1;
          if (answered < counts) return sendDue();
          clearInterval(timer);
          resolve();
        });
      }
    };
    const timer = setInterval(sendDue, 1);
  });
