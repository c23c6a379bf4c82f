import { addressOf } from './ask.ts';

type TabParts = {
  /** The bearer token that the tabs of a group have in common, `''` for none. */
  readonly token: string;
  /** Called when this tab is the one that leads. */
  readonly onLead: () => void;
  /** Called when another tab took the lead from this one. */
  readonly onFollow: () => void;
  /** Called with what the leading tab tells. It may be of another release of the page. */
  readonly onMessage: (message: unknown) => void;
};

/** What a tab is in its group. */
export type Membership = {
  /** Tells the other tabs. */
  readonly tell: (message: object) => void;
  /** Takes the lead from a tab that tells nothing any more. */
  readonly takeLead: () => void;
  /** Leaves; another tab leads then. */
  readonly leave: () => void;
};

/**
 * Joins the tabs of this page that have the same token. One of them leads at a time: it holds a Web
 * Lock, which the browser gives to the next tab when the leader leaves, is closed or crashes. Where
 * the browser has no locks (a page that came over plain HTTP from another machine, storage that is
 * forbidden), the tab leads alone.
 */
export const joinTabs = ({ token, onLead, onFollow, onMessage }: TabParts): Membership => {
  let channel: BroadcastChannel | undefined;
  let request = new AbortController();
  let name: string | undefined;
  let hasLeft = false;

  const compete = (isStealing: boolean) => {
    if (hasLeft || name === undefined) return;
    request.abort();
    request = new AbortController();
    const { signal } = request;
    let isLeading = false;
    const lead = async () => {
      if (signal.aborted) return;
      isLeading = true;
      onLead();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    };
    // A request that steals takes no signal.
    void navigator.locks.request(name, isStealing ? { steal: true } : { signal }, lead).catch(() => {
      if (signal.aborted) return;
      if (isLeading) {
        onFollow();
        compete(false);
      } else {
        onLead();
      }
    });
  };

  const join = async () => {
    try {
      name = await nameOf(token);
      if (hasLeft) return;
      channel = new BroadcastChannel(name);
      channel.addEventListener('message', ({ data }) => onMessage(data));
      compete(false);
    } catch {
      name = undefined;
      if (!hasLeft) onLead();
    }
  };

  void join();
  return {
    tell: (message) => channel?.postMessage(message),
    takeLead: () => compete(true),
    leave: () => {
      hasLeft = true;
      request.abort();
      channel?.close();
    },
  };
};

/** Names the group: every page of the origin can read the name, so it holds the token's hash. */
const nameOf = async (token: string): Promise<string> => {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `sluice ${addressOf('/events').pathname} ${hex}`;
};
