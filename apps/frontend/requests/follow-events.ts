import { routes } from '@sluice/contract/routes.ts';
import type * as z from 'zod';
import { addressOf } from './ask.ts';
import { authorizationOf } from './authorization.ts';
import { readEvents } from './read-events.ts';

const eventBody = routes.getEvents.answers[200].body;

/** The state of queue and ledger; `null` is what is away. */
export type SluiceEvent = z.infer<typeof eventBody>;

/** The state of the event stream: `locked` where the API answered 401. */
export type EventLink = 'live' | 'reconnecting' | 'offline' | 'locked';

type Listener = {
  /** Reads the bearer token to ask with, `''` for none. */
  readonly readToken: () => string;
  readonly onEvent: (event: SluiceEvent) => void;
  /** Called when the state of the stream changes. */
  readonly onLink: (link: EventLink) => void;
};

// An event a second is promised; one that waits for an outage of queue or ledger comes after two.
const staleAfterMs = 5_000;
// A connection that says nothing may be half-open; a new one is tried. A token may be let in later.
const openAgainAfterMs = 10_000;
const retryAfterMs = 2_000;
const checkEveryMs = 1_000;

/**
 * Follows the events until the page goes, with a new connection whenever one ends, is refused, or
 * sends nothing. `EventSource` would do that, but cannot send a token. `reopen` connects at once,
 * for another token.
 */
export const followEvents = ({ readToken, onEvent, onLink }: Listener): { readonly reopen: () => void } => {
  let connection = new AbortController();
  let openedAt = 0;
  let heardAt = 0;
  let endedAt: number | undefined;
  let link: EventLink | undefined;

  const tell = (next: EventLink) => {
    if (next === link) return;
    link = next;
    onLink(next);
  };
  const tellLost = () => tell(navigator.onLine ? 'reconnecting' : 'offline');

  const take = (data: string) => {
    const parsed = eventBody.safeParse(parseJson(data));
    // What cannot be read is no event; without others the link goes stale.
    if (!parsed.success) return;
    heardAt = performance.now();
    tell('live');
    onEvent(parsed.data);
  };

  const open = () => {
    connection.abort();
    connection = new AbortController();
    const { signal } = connection;
    openedAt = performance.now();
    endedAt = undefined;
    void readStream(signal, readToken(), take).then((end) => {
      if (signal.aborted) return;
      endedAt = performance.now();
      if (end === 'locked') tell('locked');
      else tellLost();
    });
  };

  const check = () => {
    const now = performance.now();
    if (endedAt === undefined) {
      const lastSign = Math.max(openedAt, heardAt);
      if (now - lastSign > staleAfterMs) tellLost();
      if (now - lastSign > openAgainAfterMs) open();
    } else if (now - endedAt > (link === 'locked' ? openAgainAfterMs : retryAfterMs)) {
      open();
    }
  };

  open();
  setInterval(check, checkEveryMs);
  // A browser without a network may still reach an API on its own machine, so `offline` ends nothing:
  // the stream that broke, or that sends nothing more, is what makes the link stale.
  window.addEventListener('online', () => {
    if (link === 'offline') tell('reconnecting');
    open();
  });
  return {
    reopen: () => {
      // That the next token is refused too is told again.
      link = undefined;
      open();
    },
  };
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

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
