import { Agent, request as startRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** The results of the healthy clients. */
export type Experience = {
  readonly requests: number;
  /** The failed requests, with the reason. */
  readonly failures: readonly string[];
  /** The 99th percentile of the response time, in ms. */
  readonly p99Ms: number;
};

type Kind = 'POST on a new connection' | 'POST on a connection kept alive' | 'GET';

const kinds: readonly Kind[] = ['POST on a new connection', 'POST on a connection kept alive', 'GET'];
const everyMs = 25;
let nextCount = 2 ** 52;

/**
 * Starts three clients. Each sends a request, waits for the answer, pauses and repeats until it is
 * stopped.
 */
export const startHealthyClients = (port: number) => {
  const seen: { readonly kind: Kind; readonly ms: number; readonly failure: string | undefined }[] = [];
  const acknowledged: number[] = [];
  let isStopped = false;

  const run = async (kind: Kind) => {
    const agent = kind === 'POST on a new connection' ? false : new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isStopped) {
      const count = nextCount++;
      const startedAt = performance.now();
      const failure = await ask(port, agent, kind === 'GET' ? undefined : count);
      seen.push({ kind, ms: performance.now() - startedAt, failure });
      if (kind !== 'GET' && failure === undefined) acknowledged.push(count);
      await pause(everyMs);
    }
    if (agent !== false) agent.destroy();
  };
  const running = kinds.map(run);

  const take = (): Experience => {
    const its = seen.splice(0);
    const times = its.map(({ ms }) => ms).toSorted((a, b) => a - b);
    return {
      requests: its.length,
      failures: its.flatMap(({ kind, failure }) => (failure === undefined ? [] : [`${kind}: ${failure}`])),
      p99Ms: times[Math.ceil(times.length * 0.99) - 1] ?? 0,
    };
  };

  return {
    /** The counts that were acknowledged. */
    acknowledged,
    /** Returns the results since the last call. */
    take,
    stop: async () => {
      isStopped = true;
      await Promise.all(running);
    },
  };
};

/**
 * Posts a count, or reads the total. Resolves with the failure, or `undefined` when there is none.
 */
const ask = (port: number, agent: Agent | false, count?: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const body = count === undefined ? '' : JSON.stringify({ count });
    const request = startRequest({
      agent,
      port,
      host: '127.0.0.1',
      path: '/count',
      method: count === undefined ? 'GET' : 'POST',
      ...(count === undefined
        ? {}
        : { headers: { 'content-type': 'application/json', 'content-length': body.length } }),
    });
    request.once('error', (error) => resolve(error.message));
    request.once('response', (answer) => {
      answer.resume();
      answer.once('end', () =>
        resolve(answer.statusCode === (count === undefined ? 200 : 201) ? undefined : `status ${answer.statusCode}`),
      );
      answer.once('error', (error) => resolve(error.message));
    });
    request.end(body);
  });
