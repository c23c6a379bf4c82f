import type { Finding } from '@sluice/contract/finding.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Partition } from '../partition.ts';
import { registryOf } from './partition-registry.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

/**
 * The minimum version of Redis: scripts with flags, ACL selectors, XAUTOCLAIM. Valkey reports 7.2
 * here.
 */
const minVersion = [7, 0] as const;

type CheckSettings = {
  readonly connection: RedisConnection;
  readonly queueName: string;
  readonly partitions: readonly Partition[];
  /**
   * Number of replicas that must hold a count before it is acknowledged. A consumer does not know
   * it: the check then uses the number of connected replicas.
   */
  readonly ackReplicas?: number;
  readonly deadlineMs: number;
};

/**
 * Checks each server that has a partition or the registry of partitions: its version, that it
 * evicts nothing, and that it keeps acknowledged entries. The check reads INFO, which needs no
 * right to CONFIG. Throws when a server does not answer.
 */
export const checkQueueServers = async (settings: CheckSettings): Promise<Finding[]> => {
  // Includes the registry's server: a queue that was refused from the start has no partitions yet.
  const keys = [registryOf(settings.queueName), ...settings.partitions.map(({ stream }) => stream)];
  const found = await Promise.all(keys.map((key) => checkServer(key, settings)));
  const unique = new Map(found.flat().map((its) => [its.detail, its]));
  return [...unique.values()];
};

const checkServer = async (
  key: string,
  { connection, ackReplicas, deadlineMs }: CheckSettings,
): Promise<readonly Finding[]> => {
  try {
    const info = parseInfo(await connection.run(key, (client) => client.info(), deadlineMs));
    const isOld = checkVersion(info['redis_version']);
    return [isOld, checkEviction(info), checkPersistence(info, ackReplicas)].filter((its) => its !== undefined);
  } catch (error) {
    if (isHelloUnknown(error)) return [tooOld('a Redis older than 6.0, without the command HELLO')];
    // INFO is not permitted: by the server, or for a user that an older release set up.
    if (hasReplyCode(error, 'NOPERM')) return [];
    throw error;
  }
};

/**
 * True if the handshake failed because Redis is older than 6.0. Without a session, the reason is in
 * the cause of the error.
 */
const isHelloUnknown = (error: unknown): boolean =>
  error instanceof Error && (/unknown command.*HELLO/i.test(error.message) || isHelloUnknown(error.cause));

const parseInfo = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...text.matchAll(/^([a-z_]+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));

const tooOld = (what: string): Finding => ({
  code: 'redis_too_old',
  severity: 'refused',
  detail: `The queue is on ${what}. Sluice needs Redis ${minVersion.join('.')} or newer, or Valkey. Replace the server.`,
});

const checkVersion = (version = ''): Finding | undefined => {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  // A server that does not report its version is not refused.
  if (major === undefined) return undefined;
  const isOld = Number(major) < minVersion[0] || (Number(major) === minVersion[0] && Number(minor) < minVersion[1]);
  return isOld ? tooOld(`Redis ${version}`) : undefined;
};

const checkEviction = (info: Readonly<Record<string, string>>): Finding | undefined => {
  const policy = info['maxmemory_policy'] ?? 'noeviction';
  if (policy === 'noeviction' || Number(info['maxmemory'] ?? 0) === 0) return undefined;
  return {
    code: 'redis_evicts',
    severity: 'refused',
    detail:
      `Redis removes keys, including acknowledged counts, when its memory is full (maxmemory-policy ${policy}). Run ` +
      'CONFIG SET maxmemory-policy noeviction, and set the same in its configuration.',
  };
};

const checkPersistence = (
  info: Readonly<Record<string, string>>,
  ackReplicas = Number(info['connected_slaves'] ?? 0),
): Finding | undefined => {
  if (info['aof_enabled'] !== '0' || ackReplicas > 0) return undefined;
  return {
    code: 'redis_not_persistent',
    severity: 'warning',
    detail:
      'A crash of Redis loses the waiting counts: it has no append-only file, and producers wait for no replica. ' +
      'Set appendonly yes and appendfsync always in Redis, or QUEUE_ACK_REPLICAS=1 with a replica.',
  };
};
