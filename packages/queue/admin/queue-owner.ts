import type { Finding } from '@sluice/contract/finding.ts';
import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { hasReplyCode } from '../redis/reply-error.ts';

/** Returns the key that holds the id of the database that the queue belongs to. */
const ownerKeyOf = (queueName: string): string => `${queueName}:database`;

/**
 * Claims the queue for the database with this id, unless another one has it. Two databases on one
 * queue would split its counts between them. A queue without an owner is new, was flushed, or is
 * from a release without owners.
 */
export const claimQueue = async (
  connection: RedisConnection,
  queueName: string,
  databaseId: string,
): Promise<Finding[]> => {
  const key = ownerKeyOf(queueName);
  try {
    const findings = await checkOwner(connection, queueName, databaseId);
    if (findings.length > 0) return findings;
    await connection.run(key, (client) => client.setNX(key, databaseId), replyWithinMs);
  } catch (error) {
    // NOPERM: an older release set up this user, which has no right to the key until the set-up
    // runs again. OOM: a full queue must drain before there is room for its owner.
    if (hasReplyCode(error, 'NOPERM') || hasReplyCode(error, 'OOM')) return [];
    throw error;
  }
  return checkOwner(connection, queueName, databaseId);
};

/** Checks that no database but the one with this id owns the queue. Changes nothing. */
export const checkOwner = async (
  connection: RedisConnection,
  queueName: string,
  databaseId: string,
): Promise<Finding[]> => {
  const key = ownerKeyOf(queueName);
  const owner = await connection.run(key, (client) => client.get(key), replyWithinMs);
  if (owner === null || owner === databaseId) return [];
  return [
    {
      code: 'queue_of_another_database',
      severity: 'refused',
      detail:
        `The queue ${queueName} belongs to another database, so its counts would be split between the two. Set REDIS_QUEUE ` +
        'to a name that no other Sluice on this Redis uses. If this database replaces the other one, run ' +
        'npm run consumers -- adopt.',
    },
  ];
};

/** Transfers the queue, with all waiting entries, to the database with this id. */
export const adoptQueue = async (connection: RedisConnection, queueName: string, databaseId: string): Promise<void> => {
  const key = ownerKeyOf(queueName);
  await connection.run(key, (client) => client.set(key, databaseId), replyWithinMs);
};
