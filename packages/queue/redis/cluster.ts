import { ErrorReply } from '@redis/client';
import { splitAddress } from './address.ts';
import type { Client, NodeSettings } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { ConnectionClosedError, connectNode, type NodeConnection } from './node-connection.ts';
import { hasReplyCode } from './reply-error.ts';
import { slotOf } from './slot.ts';
import { createTopology } from './topology.ts';

type Redirection = { readonly isAsk: boolean; readonly address: string };

const maxRedirections = 4;

/**
 * Connects to a Redis Cluster through any of its nodes. It does not use the cluster client of
 * node-redis: its pipelines do not follow a slot that has moved, and one unavailable master delays
 * its view of all others. Sluice sends together only commands for one slot. So a map from slots to
 * nodes, corrected by the replies of the nodes, is enough.
 */
export const connectCluster = (settings: NodeSettings, onError: (error: unknown) => void): RedisConnection => {
  const nodes = new Map<string, NodeConnection>();
  let isClosed = false;

  const topology = createTopology(settings, {
    isReady: (address) => nodes.get(address)?.isReady() ?? false,
    onChange: (addresses) => {
      for (const [address, node] of nodes) {
        if (addresses.has(address)) continue;
        nodes.delete(address);
        node.close();
      }
    },
    onError,
  });

  const nodeAt = (address: string): NodeConnection => {
    if (isClosed) throw new ConnectionClosedError();
    const known = nodes.get(address);
    if (known !== undefined) return known;
    const node = connectNode({ ...settings, ...splitAddress(address) }, (error) => {
      onError(error);
      if (!isClosed) topology.refresh();
    });
    nodes.set(address, node);
    return node;
  };

  const run: RedisConnection['run'] = async (key, send, deadlineMs) => {
    const deadline = performance.now() + deadlineMs;
    const slot = slotOf(key);
    let redirection: Redirection | undefined;
    for (let redirections = 0; ; redirections++) {
      const address = redirection?.address ?? (await topology.findOwner(slot, deadline));
      try {
        const remainingMs = Math.max(1, deadline - performance.now());
        return await nodeAt(address).run(redirection?.isAsk === true ? asking(send) : send, remainingMs);
      } catch (error) {
        redirection = parseRedirection(error, address);
        if (isClosed) throw error;
        if (redirection?.isAsk === false) topology.moveSlot(slot, redirection.address);
        if (redirection?.isAsk === false || isOfTopology(error)) topology.refresh();
        if (redirection === undefined || redirections === maxRedirections) throw error;
      }
    }
  };

  const close = () => {
    isClosed = true;
    topology.close();
    for (const node of nodes.values()) node.close();
  };

  return { run, close };
};

/**
 * Sends ASKING before the commands of `send`, for a slot that is moving to this node. ASKING holds
 * for one command, or for one MULTI.
 */
const asking =
  <T>(send: (client: Client) => Promise<T>) =>
  async (client: Client): Promise<T> => {
    client.sendCommand(['ASKING']).catch(() => undefined);
    return send(client);
  };

const parseRedirection = (error: unknown, askedAddress: string): Redirection | undefined => {
  if (!(error instanceof ErrorReply)) return undefined;
  const match = /^(MOVED|ASK) \d+ (\S*):(\d+)$/.exec(error.message);
  if (match === null) return undefined;
  // Without a host, the address is on the node that answered.
  return { isAsk: match[1] === 'ASK', address: `${match[2] || splitAddress(askedAddress).host}:${match[3]}` };
};

/**
 * True if the map of the cluster may be out of date: the node is silent, gone, or has another role.
 */
const isOfTopology = (error: unknown): boolean =>
  !(error instanceof ErrorReply) || hasReplyCode(error, 'CLUSTERDOWN', 'READONLY', 'MASTERDOWN', 'UNBLOCKED');
