import type { ServerResponse } from 'node:http';

/**
 * Server-sent events of one kind (https://html.spec.whatwg.org/multipage/server-sent-events.html),
 * shared by all listeners.
 */
export type EventFeed = {
  /**
   * Writes events to `listener`, whose head must be written, until either side ends. A listener that
   * was ended has until the next event to take what is written.
   */
  readonly add: (listener: ServerResponse) => void;
  /** Returns the number of listeners. */
  readonly listeners: () => number;
  /** Ends all listeners. A listener that is added later is ended at once. */
  readonly close: () => void;
};

type FeedSettings = {
  /** Reads the data of the next event. Must not throw. */
  readonly read: () => Promise<object>;
  /** Maximum unsent bytes of one listener. A listener with more is dropped. */
  readonly maxWaitingBytes: number;
};

const everyMs = 1_000;
// The delay before a browser reconnects.
const opening = 'retry: 2000\n\n';

/**
 * Creates a feed of one event per second. It reads only while it has listeners, once for all of
 * them. A new listener gets the last event at once.
 */
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
      // A write to an answer that was ended would end the process.
      if (listener.writableEnded || listener.writableLength > maxWaitingBytes) listener.destroy();
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
