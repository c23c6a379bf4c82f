import { withDeadline } from '@sluice/async/with-deadline.ts';
import { splitAddress } from './address.ts';
import type { NodeSettings } from './client.ts';
import { connectNode, QueueTimeoutError } from './node-connection.ts';

/** The map from slots to nodes. */
export type Topology = {
  /**
   * Returns the address of the slot's master. Throws a {@link SlotUnservedError}, or a
   * {@link QueueTimeoutError} at `deadline` (of `performance.now()`).
   */
  readonly findOwner: (slot: number, deadline: number) => Promise<string>;
  /** Records the address that a node gave for a slot. */
  readonly moveSlot: (slot: number, address: string) => void;
  /** Fetches the map again in the background. Concurrent callers share one fetch. */
  readonly refresh: () => void;
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

/**
 * Creates the map of a cluster from the address of one node, or from a name that resolves to any
 * node.
 */
export const createTopology = (settings: NodeSettings, watcher: TopologyWatcher): Topology => {
  let owners: string[] = [];
  let discovery: Promise<void> | undefined;

  const rediscover = (): Promise<void> => {
    discovery ??= discover().finally(() => {
      discovery = undefined;
    });
    return discovery;
  };

  const discover = async () => {
    // Nodes that answer come first. One that has just failed would only cost time.
    const known = [...new Set(owners)].toSorted((a, b) => weightOf(b) - weightOf(a));
    for (const address of [...known, `${settings.host}:${settings.port}`]) {
      try {
        owners = await askOwners({ ...settings, ...splitAddress(address) });
        watcher.onChange(new Set(owners));
        return;
      } catch (error) {
        watcher.onError(error);
      }
    }
  };

  const weightOf = (address: string): number => (watcher.isReady(address) ? 1 : 0) + Math.random();

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
    refresh: () => void rediscover(),
  };
};

/** Fetches the address of the master of each slot, as one node sees it. */
const askOwners = async (settings: NodeSettings): Promise<string[]> => {
  // Uses its own connection: the one for the queue's commands may be waiting for entries.
  const node = connectNode(settings, () => undefined);
  try {
    const ranges = await node.run((client) => client.clusterSlots(), discoverWithinMs);
    const owners: string[] = [];
    for (const { from, to, master } of ranges) {
      // A node that does not know its own name leaves it out.
      const address = `${master.host || settings.host}:${master.port}`;
      for (let slot = from; slot <= to; slot++) owners[slot] = address;
    }
    return owners;
  } finally {
    node.close();
  }
};
