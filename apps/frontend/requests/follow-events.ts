import { routes } from '@sluice/contract/routes.ts';
import * as z from 'zod';
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
// A producer of an older release sends neither.
const eventBody = body.extend({
  monotonic_ms: body.shape.monotonic_ms.optional(),
  findings: body.shape.findings.default([]),
});

const links = ['connecting', 'live', 'reconnecting', 'offline', 'locked', 'unreadable'] as const;
const tabMessage = z.object({
  link: z.enum(links),
  event: z.object({ stream: z.string(), data: z.string() }).optional(),
});

/** The state of queue and ledger; `null` is what is away. */
export type SluiceEvent = z.infer<typeof eventBody>;

type Listener = {
  /** Reads the bearer token to ask with, `''` for none. */
  readonly readToken: () => string;
  /** Called with each event and a name of the connection that it came with. */
  readonly onEvent: (event: SluiceEvent, stream: string) => void;
  /** Called when the state of the stream changes. */
  readonly onLink: (link: EventLink) => void;
};

const checkEveryMs = 1_000;

/**
 * Follows the events while the page is visible. Tabs share one stream: a browser opens six
 * connections to a host over HTTP/1.1, and streams would take them all. The leading tab tells the
 * others what comes. `reopen` connects at once, for another token.
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
        // The token was typed after the stream was opened, and is not tried yet.
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
    // A stream is live for a tab when it has an event.
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

  // A hidden page holds no stream, and what it showed is old when it is seen again.
  const hide = () => {
    leave();
    show('connecting');
  };
  whileVisible({ enter: () => membership ?? rejoin(), leave: hide });
  setInterval(() => (stream ?? (membership && silence))?.check(), checkEveryMs);
  window.addEventListener('online', () => stream?.open());
  return {
    reopen: () => {
      // That the next token is refused too is told again.
      link = undefined;
      rejoin();
    },
  };
};

/** Makes a reader of events: it returns true if it could read one, and hands that on. */
const createReader =
  (onEvent: Listener['onEvent']) =>
  ({ stream, data }: EventData): boolean => {
    const parsed = eventBody.safeParse(parseJson(data));
    if (parsed.success) onEvent(parsed.data, stream);
    return parsed.success;
  };

/** Watches a leading tab: it tells something every second, unless it stands still. */
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
