import { routes } from '@sluice/contract/routes.ts';
import { addressOf } from './ask.ts';
import { authorizationOf } from './authorization.ts';
import { createKey } from './post.ts';
import { readEvents } from './read-events.ts';

/**
 * The state of the event stream: `locked` where the API answered 401, `unreadable` where its events
 * are not those of this page's contract.
 */
export type EventLink = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'locked' | 'unreadable';

/** The data of an event, and the connection that it came with. */
export type EventData = { readonly stream: string; readonly data: string };

type EventStreamParts = {
  /** The bearer token to ask with, `''` for none. */
  readonly token: string;
  /** Called with each event. Returns true if it could be read. */
  readonly onData: (event: EventData) => boolean;
  /** Called with the state of the stream, again and again. */
  readonly onLink: (link: EventLink) => void;
};

/** An event stream that is open until it is closed. */
export type EventStream = {
  /** Connects again where nothing came for too long. To be called every second. */
  readonly check: () => void;
  /** Connects again at once. */
  readonly open: () => void;
  readonly close: () => void;
};

// An event a second is promised; one that waits for an outage of queue or ledger comes after two.
export const staleAfterMs = 5_000;
// A connection that says nothing may be half-open; a new one is tried. A token may be let in later.
export const openAgainAfterMs = 10_000;
const retryAfterMs = 2_000;

/**
 * Returns the state of a stream from which nothing comes. A browser without a network may still
 * reach an API on its own machine, so only a stream that broke or is silent is `offline`.
 */
export const lostLink = (): EventLink => (navigator.onLine ? 'reconnecting' : 'offline');

/**
 * Opens an event stream, with a new connection whenever one ends, is refused, or sends nothing.
 * `EventSource` would do that, but cannot send a token.
 */
export const openEventStream = ({ token, onData, onLink }: EventStreamParts): EventStream => {
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

/** Reads one event stream until it ends or breaks; `locked` where the token is not let in. */
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
