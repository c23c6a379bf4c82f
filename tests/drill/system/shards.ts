import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { hostOf, zones } from '../hosts/hosts.ts';
import { askRedis } from './ask-redis.ts';

const homeWithinMs = 120_000;
// Each question has a connection of its own.
const pollMs = 300;

type Shard = { readonly primary: string; readonly replica: string };

/** The shards by the hosts of their nodes. A replica is in the zone after that of its primary. */
export const shards: readonly Shard[] = zones.map((zone, index) => ({
  primary: `redis-${zone}`,
  replica: `replica-${zones[(index + 1) % zones.length] ?? zone}`,
}));

export const primaries = shards.map(({ primary }) => primary);
export const replicas = shards.map(({ replica }) => replica);

/** Returns the replica of a primary. */
export const replicaOf = (name: string): string => shards.find(({ primary }) => primary === name)?.replica ?? '';

/** Sends one command to the Redis of a host. */
export const askNode = (name: string, ...command: readonly string[]): Promise<unknown> =>
  askRedis(hostOf(name).address, ...command);

/** True if a node is the primary of its shard now. False if it does not answer. */
export const isPrimary = async (name: string): Promise<boolean> => {
  try {
    return (await readRole(name)).isPrimary;
  } catch {
    return false;
  }
};

/** Resolves when every shard has its primary at home, with its replica in step. */
export const untilHome = (): Promise<void> =>
  waitUntil(async () => {
    const areHome = (await Promise.all(shards.map(isHome))).every(Boolean);
    if (!areHome) await pause(pollMs);
    return areHome;
  }, homeWithinMs);

/**
 * True if a shard has its primary at home, with its replica in step. If the replica is the primary,
 * the two exchange their roles.
 */
const isHome = async ({ primary, replica }: Shard): Promise<boolean> => {
  try {
    const [home, other, info] = await Promise.all([
      readRole(primary),
      readRole(replica),
      askNode(primary, 'CLUSTER', 'INFO'),
    ]);
    if (home.isFollowing && other.isPrimary) await askNode(primary, 'CLUSTER', 'FAILOVER');
    return home.isFollowed && other.isFollowing && String(info).includes('cluster_state:ok');
  } catch {
    return false;
  }
};

const readRole = async (name: string) => {
  const role = await askNode(name, 'ROLE');
  const words: readonly unknown[] = Array.isArray(role) ? role : [];
  const [kind, , followers, state] = words;
  return {
    isPrimary: kind === 'master',
    isFollowed: kind === 'master' && Array.isArray(followers) && followers.length > 0,
    isFollowing: kind === 'slave' && state === 'connected',
  };
};
