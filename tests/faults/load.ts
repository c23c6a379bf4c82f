import { Agent, request } from 'node:http';

/** What a load has seen: what was acknowledged must be recorded, what was refused may be. */
export type Load = {
  readonly acknowledged: Set<number>;
  readonly refused: Set<number>;
  /** Ends it; resolves when every request has its answer. */
  readonly stop: () => Promise<void>;
};

/** Posts counts, each another one, over so many connections without a pause between them. */
export const startLoad = (address: string, connections: number): Load => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const acknowledged = new Set<number>();
  const refused = new Set<number>();
  let next = 1;
  let isStopping = false;

  const worker = async () => {
    while (!isStopping) {
      const count = next++;
      // oxlint-disable-next-line no-await-in-loop -- one request at a time a connection
      const isAcknowledged = await post(agent, `${address}/count`, count);
      (isAcknowledged ? acknowledged : refused).add(count);
    }
  };
  const workers = Array.from({ length: connections }, worker);

  const stop = async () => {
    isStopping = true;
    await Promise.all(workers);
    agent.destroy();
  };
  return { acknowledged, refused, stop };
};

const post = (agent: Agent, url: string, count: number): Promise<boolean> =>
  new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 201));
      response.on('error', () => resolve(false));
    });
    sending.on('error', () => resolve(false));
    sending.end(JSON.stringify({ count }));
  });
