import { routes } from '@sluice/contract/routes.ts';
import { addressOf } from './ask.ts';
import { authorizationOf } from './authorization.ts';
import { createKey } from './post.ts';
import { readEvents } from './read-events.ts';

/**
 * The state of the event stream: `locked` if the API answered 401, `unreadable` if its events do
 * not match the contract of this page.
 */
export type EventLink = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'locked' | 'unreadable';

/** The data of an event, and the name of its connection. */
export type EventData = { readonly stream: string; readonly data: string };

type EventStreamDependencies = {
  /** The bearer token of the requests, `''` for none. */
  readonly token: string;
  /** Called with each event. Returns true if it could be read. */
  readonly onData: (event: EventData) => boolean;
  /** Called with the state of the stream, repeatedly. */
  readonly onLink: (link: EventLink) => void;
};

/** An event stream that is open until it is closed. */
export type EventStream = {
  /** Reconnects if nothing arrived for too long. Call it every second. */
  readonly check: () => void;
  /** Reconnects at once. */
  readonly open: () => void;
  readonly close: () => void;
};

// The API promises one event per second. During an outage of queue or database, an event may take
// two.
export const staleAfterMs = 5_000;
// A silent connection may be half-open, so the page reconnects. A refused token may become valid
// later.
export const openAgainAfterMs = 10_000;
const retryAfterMs = 2_000;

/**
 * Returns the state of a stream that sends nothing. A browser without a network may still reach an
 * API on its own machine. So only a broken or silent stream is `offline`.
 */
export const lostLink = (): EventLink => (navigator.onLine ? 'reconnecting' : 'offline');

/**
 * Opens an event stream. Reconnects whenever a connection ends, is refused, or sends nothing.
 * `EventSource` would do that, but cannot send a token.
 */
export const openEventStream = ({ token, onData, onLink }: EventStreamDependencies): EventStream => {
  let connection = new AbortController();
  let openedAt = 0;
  let heardAt = 0;
  let endedAt: number | undefined;
  let link: EventLink = 'connecting';

  const tell = (next: EventLink) => {
    link = next;
    onLink(next);
  };

  const open = () => {
    connection.abort();
    connection = new AbortController();
    const { signal } = connection;
    const stream = createKey();
    openedAt = performance.now();
    endedAt = undefined;
    const take = (data: string) => {
      heardAt = performance.now();
      tell(onData({ stream, data }) ? 'live' : 'unreadable');
    };
    void readStream(signal, token, take).then((end) => {
      if (signal.aborted) return;
      endedAt = performance.now();
      tell(end === 'locked' ? 'locked' : lostLink());
    });
  };

  const check = () => {
    const now = performance.now();
    if (endedAt === undefined) {
      const lastSign = Math.max(openedAt, heardAt);
      if (now - lastSign > staleAfterMs) link = lostLink();
      if (now - lastSign > openAgainAfterMs) open();
    } else if (now - endedAt > (link === 'locked' ? openAgainAfterMs : retryAfterMs)) {
      open();
    }
    tell(link === 'offline' || link === 'reconnecting' ? lostLink() : link);
  };

  open();
  return { check, open, close: () => connection.abort() };
};

/** Reads one event stream until it ends or breaks. Resolves to `locked` if the API answers 401. */
const readStream = async (
  signal: AbortSignal,
  token: string,
  onData: (data: string) => void,
): Promise<'ended' | 'locked'> => {
  const request = fetch(addressOf(routes.getEvents.path), {
    headers: { accept: 'text/event-stream', ...authorizationOf(token) },
    cache: 'no-store',
    signal,
  });
  const response = await request.catch(() => undefined);
  if (response?.status === 401) return 'locked';
  if (response?.ok === true && response.body !== null) {
    await readEvents(response.body, (data) => {
      if (!signal.aborted) onData(data);
    });
  }
  return 'ended';
};
