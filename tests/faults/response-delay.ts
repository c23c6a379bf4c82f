import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export type ResponseDelay = {
  /** Returns the slowest answer of a producer since a time of `performance.now()`, in ms. */
  readonly slowestSince: (address: string, startedAt: number) => number;
  readonly stop: () => void;
};

const everyMs = 50;

/**
 * Measures how late producers answer a request that waits for no server: GET /health, again and
 * again. On a busy machine each answer is late, also the one to a request that reached its deadline.
 */
export const measureResponseDelay = (addresses: readonly string[]): ResponseDelay => {
  const agent = new Agent({ keepAlive: true });
  const answers: { readonly address: string; readonly endedAt: number; readonly ms: number }[] = [];
  let isStopping = false;

  const follow = async (address: string) => {
    while (!isStopping) {
      const startedAt = performance.now();
      await health(agent, address);
      const endedAt = performance.now();
      answers.push({ address, endedAt, ms: endedAt - startedAt });
      await pause(everyMs);
    }
  };
  for (const address of new Set(addresses)) void follow(address);

  return {
    slowestSince: (address, startedAt) =>
      Math.max(
        0,
        ...answers.filter((answer) => answer.address === address && answer.endedAt >= startedAt).map(({ ms }) => ms),
      ),
    stop: () => {
      isStopping = true;
      agent.destroy();
    },
  };
};

/** Resolves when the producer answered, or the connection broke. */
const health = (agent: Agent, address: string): Promise<void> =>
  new Promise((resolve) => {
    const finish = () => resolve();
    request(`${address}/health`, { agent }, (response) => response.resume().on('close', finish))
      .on('error', finish)
      .end();
  });
