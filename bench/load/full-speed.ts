import { quantile } from '../parts/statistics.ts';
import type { Command, LoadResult } from './command.ts';
import { openConnection } from './connection.ts';
import { requestSources, successOf } from './request-sources.ts';

type FullSpeed = Extract<Command, { kind: 'full speed' }>;

const answersWithinMs = 10_000;
const unavailable = 503;

/**
 * Sends the next request on each connection as soon as the last one is answered. Counts 503
 * separately. Throws at any other failed request, and if no request succeeded.
 */
export const runFullSpeed = async ({ request, ports, connections, ms }: FullSpeed): Promise<LoadResult> => {
  const failures = Promise.withResolvers<never>();
  failures.promise.catch(() => undefined);
  const nextRequest = requestSources[request]();
  const success = successOf(request);
  const open = await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      openConnection(ports[index % ports.length] ?? 0, failures.reject),
    ),
  );
  const latencies: number[] = [];
  let refused = 0;
  let refusal = '';
  const startedAt = performance.now();
  const endsAt = startedAt + ms;

  const rides = open.map(
    (connection) =>
      new Promise<void>((resolve) => {
        const ride = () => {
          const sentAt = performance.now();
          connection.send(nextRequest(), ({ status, body }) => {
            const now = performance.now();
            if (success.includes(status)) latencies.push(now - sentAt);
            else if (status === unavailable) {
              refused += 1;
              refusal = body;
            } else failures.reject(new Error(`A request was answered ${status}: ${body}`));
            if (now < endsAt) ride();
            else resolve();
          });
        };
        ride();
      }),
  );
  const timer = setTimeout(
    () => failures.reject(new Error(`A request was not answered within ${answersWithinMs} ms`)),
    ms + answersWithinMs,
  );
  try {
    await Promise.race([Promise.all(rides), failures.promise]);
  } finally {
    clearTimeout(timer);
    for (const connection of open) connection.close();
  }
  if (latencies.length === 0) throw new Error(`All ${refused} requests were answered ${unavailable}: ${refusal}`);
  const took = performance.now() - startedAt;
  return {
    requests: latencies.length,
    refused,
    ms: took,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
};
