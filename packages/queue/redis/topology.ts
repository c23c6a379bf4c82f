import { backoffMs } from '@sluice/async/backoff.ts';
import { withDeadline } from '@sluice/async/with-deadline.ts';
import { splitAddress } from './address.ts';
import type { Client, NodeSettings } from './client.ts';
import { connectNode, QueueTimeoutError, type NodeConnection } from './node-connection.ts';

/** The map from slots to nodes. */
export type Topology = {
  /**
   * Returns the address of the slot's master. Throws a {@link SlotUnservedError}, or a
   * {@link QueueTimeoutError} at `deadline` (of `performance.now()`).
   */
  readonly findOwner: (slot: number, deadline: number) => Promise<string>;
  /** Records the address that a node gave for a slot. */
  readonly moveSlot: (slot: number, address: string) => void;
  /**
   * Fetches the map again in the background. Concurrent callers share one fetch. Fetches in a row
   * are apart, by a backoff with jitter: in a failover every connection of every process asks.
   */
  readonly refresh: () => void;
  readonly close: () => void;
};

/** The error for a slot that no node of the cluster serves. */
export class SlotUnservedError extends Error {
  readonly code = 'SLOT_UNSERVED';
}

type TopologyWatcher = {
  readonly isReady: (address: string) => boolean;
  /** Called with the addresses of all masters after each fetch. */
  readonly onChange: (addresses: ReadonlySet<string>) => void;
  readonly onError: (error: unknown) => void;
};

const discoverWithinMs = 1_000;
const refreshPause = { minMs: 50, maxMs: 1_000 };
// A refresh after this long is not in a row with the one before.
const calmMs = 5_000;
const maxOfOneNode = 3;

/**
 * Creates the map of a cluster from the address of one node, or from a name that resolves to any
 * node.
 */
export const createTopology = (settings: NodeSettings, watcher: TopologyWatcher): Topology => {
  let owners: string[] = [];
  let discovery: Promise<void> | undefined;
  let isClosed = false;
  let refreshes = 0;
  let refreshedAt = -Infinity;
  let pause: NodeJS.Timeout | undefined;
  const source = createMapSource(settings);

  const rediscover = (): Promise<void> => {
    discovery ??= discover().finally(() => {
      discovery = undefined;
    });
    return discovery;
  };

  const discover = async () => {
    // Nodes that answer come first. One that has just failed would only cost time.
    const known = [...new Set(owners)].toSorted((a, b) => weightOf(b) - weightOf(a));
    // A node that was cut off from the others keeps its old map, so it is asked only a few times.
    const connected = refreshes < maxOfOneNode ? source.connected() : [];
    for (const address of new Set([...connected, ...known, `${settings.host}:${settings.port}`])) {
      if (isClosed) return;
      try {
        owners = await source.fetch(address);
        watcher.onChange(new Set(owners));
        return;
      } catch (error) {
        watcher.onError(error);
      }
    }
  };

  const weightOf = (address: string): number => (watcher.isReady(address) ? 1 : 0) + Math.random();

  const refresh = () => {
    if (isClosed || pause !== undefined || discovery !== undefined) return;
    const now = performance.now();
    refreshes = now - refreshedAt < calmMs ? refreshes + 1 : 0;
    refreshedAt = now;
    if (refreshes === 0) void rediscover();
    else {
      pause = setTimeout(
        () => {
          pause = undefined;
          void rediscover();
        },
        backoffMs(refreshes, refreshPause),
      );
    }
  };

  const findOwner: Topology['findOwner'] = async (slot, deadline) => {
    if (owners[slot] === undefined)
      await withDeadline(
        rediscover,
        deadline - performance.now(),
        () => new QueueTimeoutError('No node of the cluster returned the slot map in time'),
      );
    const owner = owners[slot];
    if (owner !== undefined) return owner;
    throw new SlotUnservedError(`No node of the cluster at ${settings.host}:${settings.port} serves slot ${slot}`);
  };

  return {
    findOwner,
    moveSlot: (slot, address) => {
      owners[slot] = address;
    },
    refresh,
    close: () => {
      isClosed = true;
      clearTimeout(pause);
      source.close();
    },
  };
};

/**
 * Fetches the map from one node at a time, on a connection that stays open: each login costs (with
 * IAM, ElastiCache limits them). The connections for the queue's commands may be waiting for entries.
 */
const createMapSource = (settings: NodeSettings) => {
  let asked: { readonly address: string; readonly node: NodeConnection } | undefined;

  const close = () => {
    asked?.node.close();
    asked = undefined;
  };

  /** Fetches the address of the master of each slot, as the node at `address` sees it. */
  const fetch = async (address: string): Promise<string[]> => {
    const own = { ...settings, ...splitAddress(address) };
    if (asked?.address !== address) {
      close();
      asked = { address, node: connectNode(own, () => undefined) };
    }
    try {
      return await asked.node.run(async (client) => ownersOf(await client.clusterSlots(), own.host), discoverWithinMs);
    } catch (error) {
      close();
      throw error;
    }
  };

  /** Returns the address of the node that needs no new login, if there is one. */
  const connected = (): string[] => (asked?.node.isReady() === true ? [asked.address] : []);

  return { fetch, connected, close };
};

type SlotRanges = Awaited<ReturnType<Client['clusterSlots']>>;

/** Returns the address of the master of each slot. `host`: that of the node that answered. */
const ownersOf = (ranges: SlotRanges, host: string): string[] => {
  const owners: string[] = [];
  for (const { from, to, master } of ranges) {
    // A node that does not know its own name leaves it out.
    const address = `${master.host || host}:${master.port}`;
    for (let slot = from; slot <= to; slot++) owners[slot] = address;
  }
  return owners;
};
