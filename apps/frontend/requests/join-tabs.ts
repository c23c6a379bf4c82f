import { addressOf } from './ask.ts';

type TabDependencies = {
  /** The bearer token that all tabs of a group share, `''` for none. */
  readonly token: string;
  /** Called when this tab becomes the leader. */
  readonly onLead: () => void;
  /** Called when another tab has taken the lead from this one. */
  readonly onFollow: () => void;
  /** Called with a message of the leading tab, which may run another release of the page. */
  readonly onMessage: (message: unknown) => void;
};

/** The membership of a tab in its group. */
export type Membership = {
  /** Sends a message to the other tabs. */
  readonly tell: (message: object) => void;
  /** Takes the lead from a tab that has stopped sending. */
  readonly takeLead: () => void;
  /** Leaves the group. Another tab becomes the leader. */
  readonly leave: () => void;
};

/**
 * Joins the group of tabs with the same token. One of them leads at a time: it holds a Web Lock.
 * The browser gives the lock to the next tab when the leader leaves, is closed or crashes. Some
 * pages have no locks: those over plain HTTP from another machine, or with forbidden storage. Such
 * a tab always leads.
 */
export const joinTabs = ({ token, onLead, onFollow, onMessage }: TabDependencies): Membership => {
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
    // A stealing request accepts no signal.
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

/**
 * Returns the name of the group. Every page of the origin can read it, so it contains only the hash
 * of the token.
 */
const nameOf = async (token: string): Promise<string> => {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `sluice ${addressOf('/events').pathname} ${hex}`;
};
