import { get } from 'node:http';

/** The result of following an event stream. */
export type Followed = {
  readonly events: number;
  readonly longestSilenceMs: number;
  /** The reason for an early end. */
  readonly broken?: string;
};

/** Follows an event stream for `forMs` milliseconds on one connection. */
export const followEvents = (address: string, forMs: number): Promise<Followed> =>
  new Promise((resolve) => {
    let events = 0;
    let longestSilenceMs = 0;
    let heardAt = performance.now();
    const hear = () => {
      longestSilenceMs = Math.max(longestSilenceMs, performance.now() - heardAt);
      heardAt = performance.now();
    };
    const finish = (broken?: string) => {
      clearTimeout(timer);
      hear();
      resolve({ events, longestSilenceMs, ...(broken === undefined ? {} : { broken }) });
      asking.destroy();
    };
    const timer = setTimeout(finish, forMs);
    const asking = get(address, { agent: false }, (response) => {
      if (response.statusCode !== 200) finish(`answered with ${response.statusCode}`);
      response.setEncoding('utf8').on('data', (text: string) => {
        hear();
        events += text.split('\ndata: ').length - 1;
        if (text.startsWith('data: ')) events++;
      });
      response.on('end', () => finish('ended'));
      response.on('error', ({ message }) => finish(message));
    });
    asking.on('error', ({ message }) => finish(message));
  });
