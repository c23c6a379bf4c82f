import { routes } from '@sluice/contract/routes.ts';
import type * as z from 'zod';
import { addressOf } from './ask.ts';

const eventBody = routes.getEvents.answers[200].body;

/** The state of queue and ledger; `null` is what is away. */
export type SluiceEvent = z.infer<typeof eventBody>;

type Listener = {
  readonly onEvent: (event: SluiceEvent) => void;
  /** Whether events come, each time that it changes. */
  readonly onLink: (link: 'live' | 'reconnecting' | 'offline') => void;
};

// An event a second is promised; one that waits for an outage of queue or ledger comes after two.
const staleAfterMs = 5_000;
// A connection that says nothing may be half-open; a new one is tried.
const openAgainAfterMs = 10_000;
const checkEveryMs = 1_000;

/** Follows the events until the page goes, with a new connection whenever one ends, is refused, or says nothing. */
export const followEvents = ({ onEvent, onLink }: Listener): void => {
  let source: EventSource | undefined;
  let openedAt = 0;
  let heardAt = 0;
  let link = '';

  const tell = (next: 'live' | 'reconnecting' | 'offline') => {
    if (next === link) return;
    link = next;
    onLink(next);
  };

  const open = () => {
    source?.close();
    openedAt = performance.now();
    source = new EventSource(addressOf(routes.getEvents.path));
    source.addEventListener('message', (message: MessageEvent<string>) => {
      const parsed = eventBody.safeParse(parseJson(message.data));
      // What cannot be read is no event; without others the link goes stale.
      if (!parsed.success) return;
      heardAt = performance.now();
      tell('live');
      onEvent(parsed.data);
    });
    source.addEventListener('error', () => tell(navigator.onLine ? 'reconnecting' : 'offline'));
  };

  const check = () => {
    const now = performance.now();
    const lastSign = Math.max(openedAt, heardAt);
    if (now - lastSign > staleAfterMs) tell(navigator.onLine ? 'reconnecting' : 'offline');
    // A browser tries no more where the answer was an error.
    const hasGivenUp = source?.readyState === EventSource.CLOSED && now - openedAt > checkEveryMs;
    if (hasGivenUp || now - lastSign > openAgainAfterMs) open();
  };

  open();
  setInterval(check, checkEveryMs);
  // A browser without a network may still reach an API on its own machine, so `offline` ends nothing:
  // the stream that broke, or that sends nothing more, is what makes the link stale.
  window.addEventListener('online', () => {
    if (link !== 'live') tell('reconnecting');
    open();
  });
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
