/** A part of a limited resource that one client holds. */
export type Share = {
  /** Takes more of the resource. That may evict this or another share. */
  readonly grow: (by: number) => void;
  /** Protects the share from eviction. */
  readonly keep: () => void;
  /** Returns the share. May be called more than once. */
  readonly release: () => void;
};

/** A limited resource, such as memory, in units of the caller. */
export type FairShares = {
  /**
   * Takes a share for `client`. Calls `giveUp` once, after the release, when the share has to make
   * room. That may happen before this function returns.
   */
  readonly take: (client: string, size: number, giveUp: () => void) => Share;
  /** Returns the units that all shares hold together. */
  readonly used: () => number;
};

type Held = { readonly client: string; size: number; readonly giveUp: () => void; isKept: boolean };

/**
 * Divides `capacity` units among clients. When they run out, the client that holds most loses its
 * largest share, and of equal shares the newest. So a client that takes much loses it to clients
 * that take little. A new share is refused only if its own client holds most. Kept shares may
 * exceed the capacity.
 */
export const createFairShares = (capacity: number): FairShares => {
  const shares = new Set<Held>();
  const sizes = new Map<string, number>();
  let used = 0;

  const add = (held: Held, by: number): void => {
    held.size += by;
    used += by;
    const size = (sizes.get(held.client) ?? 0) + by;
    if (size === 0) sizes.delete(held.client);
    else sizes.set(held.client, size);
  };

  const release = (held: Held): void => {
    if (shares.delete(held)) add(held, -held.size);
  };

  const findVictim = (): Held | undefined => {
    let victim: Held | undefined;
    for (const held of shares) {
      if (held.isKept) continue;
      if (victim === undefined || !isBefore(victim, held)) victim = held;
    }
    return victim;
  };

  const isBefore = (one: Held, other: Held): boolean => {
    const difference = (sizes.get(one.client) ?? 0) - (sizes.get(other.client) ?? 0);
    return difference === 0 ? one.size > other.size : difference > 0;
  };

  const makeRoom = (): void => {
    while (used > capacity) {
      const victim = findVictim();
      if (victim === undefined) return;
      release(victim);
      victim.giveUp();
    }
  };

  const take: FairShares['take'] = (client, size, giveUp) => {
    const held: Held = { client, size: 0, giveUp, isKept: false };
    shares.add(held);
    add(held, size);
    makeRoom();
    return {
      grow: (by) => {
        if (!shares.has(held)) return;
        add(held, by);
        makeRoom();
      },
      keep: () => {
        held.isKept = true;
      },
      release: () => release(held),
    };
  };

  return { take, used: () => used };
};
