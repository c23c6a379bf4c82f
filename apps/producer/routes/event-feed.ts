import type { ServerResponse } from 'node:http';

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) of one kind, shared by all who listen. */
export type EventFeed = {
  /** Writes the events to `listener`, whose head is written already, from now until either side ends. */
  readonly add: (listener: ServerResponse) => void;
  /** How many listen now. */
  readonly listeners: () => number;
  /** Ends all listeners. One that is added later is ended at once. */
  readonly close: () => void;
};

type FeedSettings = {
  /** Makes the data of the next event. Must not throw. */
  readonly read: () => Promise<object>;
  /** What may wait to be sent to one listener, in bytes; who is further behind is dropped. */
  readonly maxWaitingBytes: number;
};

const everyMs = 1_000;
// How long a browser waits before it connects again.
const opening = 'retry: 2000\n\n';

/** Makes a feed of one event a second. It reads while somebody listens, once for all of them, and a new listener gets the last event at once. */
export const createEventFeed = ({ read, maxWaitingBytes }: FeedSettings): EventFeed => {
  const listeners = new Set<ServerResponse>();
  let latest: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isReading = false;
  let isClosed = false;

  const tick = async () => {
    timer = undefined;
    isReading = true;
    const startedAt = performance.now();
    latest = `data: ${JSON.stringify(await read())}\n\n`;
    isReading = false;
    for (const listener of listeners) {
      if (listener.writableLength > maxWaitingBytes) listener.destroy();
      else listener.write(latest);
    }
    if (listeners.size > 0) timer = setTimeout(run, Math.max(0, startedAt + everyMs - performance.now()));
    else latest = undefined;
  };
  const run = () => void tick();

  const add = (listener: ServerResponse) => {
    if (isClosed) {
      listener.end();
      return;
    }
    listeners.add(listener);
    listener.once('close', () => {
      listeners.delete(listener);
      if (listeners.size > 0 || timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      latest = undefined;
    });
    listener.write(opening + (latest ?? ''));
    if (timer === undefined && !isReading) run();
  };

  const close = () => {
    isClosed = true;
    for (const listener of listeners) listener.end();
  };

  return { add, listeners: () => listeners.size, close };
};
