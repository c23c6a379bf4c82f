import { routes } from '@sluice/contract/routes.ts';
import * as z from 'zod/mini';
import {
  lostLink,
  openAgainAfterMs,
  openEventStream,
  staleAfterMs,
  type EventData,
  type EventLink,
  type EventStream,
} from './event-stream.ts';
import { joinTabs, type Membership } from './join-tabs.ts';

const { body } = routes.getEvents.answers[200];
// Producers of an older release send neither.
const eventBody = z.extend(body, {
  monotonic_ms: z.optional(body.shape.monotonic_ms),
  findings: z.prefault(body.shape.findings, []),
});

const links = ['connecting', 'live', 'reconnecting', 'offline', 'locked', 'unreadable'] as const;
const tabMessage = z.object({
  link: z.enum(links),
  event: z.optional(z.object({ stream: z.string(), data: z.string() })),
});

/** The state of queue and database. `null` stands for what is unavailable. */
export type SluiceEvent = z.infer<typeof eventBody>;

type Listener = {
  /** Reads the bearer token of the requests, `''` for none. */
  readonly readToken: () => string;
  /** Called with each event and the name of its connection. */
  readonly onEvent: (event: SluiceEvent, stream: string) => void;
  /** Called when the state of the stream changes. */
  readonly onLink: (link: EventLink) => void;
};

const checkEveryMs = 1_000;

/**
 * Follows the events while the page is visible. Tabs share one stream, because a browser opens only
 * six connections per host over HTTP/1.1, and streams would use them all. The leading tab passes
 * its events on to the others. `reopen` reconnects at once, for another token.
 */
export const followEvents = ({ readToken, onEvent, onLink }: Listener): { readonly reopen: () => void } => {
  let membership: Membership | undefined;
  let stream: EventStream | undefined;
  let token = '';
  let link: EventLink | undefined;

  const show = (next: EventLink) => {
    if (next === link) return;
    link = next;
    onLink(next);
  };

  const silence = watchSilence({ onStale: () => show(lostLink()), onLong: () => membership?.takeLead() });
  const take = createReader((event, name) => {
    show('live');
    onEvent(event, name);
  });

  const closeStream = () => {
    stream?.close();
    stream = undefined;
    silence.end();
  };

  const lead = () => {
    closeStream();
    stream = openEventStream({
      token,
      onData: (event) => {
        const isRead = take(event);
        membership?.tell({ link: isRead ? 'live' : 'unreadable', event });
        return isRead;
      },
      onLink: (next) => {
        // The user typed the current token after the stream was opened, so it is not tried yet.
        if (next === 'locked' && token !== readToken()) return rejoin();
        membership?.tell({ link: next });
        return show(next);
      },
    });
  };

  const follow = (message: unknown) => {
    const told = tabMessage.safeParse(message).data;
    if (stream !== undefined || told === undefined) return;
    silence.end();
    if (told.event !== undefined) show(take(told.event) ? 'live' : 'unreadable');
    // For this tab, a stream is live once it has an event.
    else if (told.link !== 'live' || link !== 'connecting') show(told.link);
  };

  const leave = () => {
    membership?.leave();
    membership = undefined;
    closeStream();
  };

  const rejoin = () => {
    leave();
    token = readToken();
    silence.end();
    membership = joinTabs({ token, onLead: lead, onFollow: closeStream, onMessage: follow });
  };

  // A hidden page holds no stream. When it is visible again, its data is stale.
  const hide = () => {
    leave();
    show('connecting');
  };
  whileVisible({ enter: () => membership ?? rejoin(), leave: hide });
  setInterval(() => (stream ?? (membership && silence))?.check(), checkEveryMs);
  window.addEventListener('online', () => stream?.open());
  return {
    reopen: () => {
      // Reports again if the API refuses the next token too.
      link = undefined;
      rejoin();
    },
  };
};

/** Creates a reader of events. It parses an event, passes it on, and returns true on success. */
const createReader =
  (onEvent: Listener['onEvent']) =>
  ({ stream, data }: EventData): boolean => {
    const parsed = eventBody.safeParse(parseJson(data));
    if (parsed.success) onEvent(parsed.data, stream);
    return parsed.success;
  };

/** Watches the leading tab, which sends a message every second unless it is stuck. */
const watchSilence = ({ onStale, onLong }: { readonly onStale: () => void; readonly onLong: () => void }) => {
  let heardAt = 0;
  const end = () => {
    heardAt = performance.now();
  };
  const check = () => {
    const silentMs = performance.now() - heardAt;
    if (silentMs > staleAfterMs) onStale();
    if (silentMs <= openAgainAfterMs) return;
    end();
    onLong();
  };
  return { end, check };
};

const whileVisible = ({ enter, leave }: { readonly enter: () => unknown; readonly leave: () => void }) => {
  const look = () => (document.visibilityState === 'hidden' ? leave() : enter());
  document.addEventListener('visibilitychange', look);
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', look);
  look();
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
