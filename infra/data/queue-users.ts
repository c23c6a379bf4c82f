/** A user that logs in to Valkey. */
export type QueueUser = keyof typeof queueRights;

/**
 * Commands that a user may send, and their keys. A user may send a command on a key only if one of
 * its rights has both. `access` is the permission on the keys: read, write, or both. A right
 * without keys is for commands that have none.
 */
export type Right = {
  readonly commands: readonly string[];
  readonly access?: 'R' | 'W' | 'RW';
  readonly keys?: readonly KeyKind[];
};

type KeyKind = keyof ReturnType<typeof keyPatternsOf>;

/**
 * Returns the patterns of all keys of the queue called `queueName`, as packages/queue names them.
 */
const keyPatternsOf = (queueName: string) => ({
  // The name of a stream ends with its hash tag. The names of its other keys continue after it.
  stream: `{${queueName}:*}`,
  // The streams of tables. `stream` includes them.
  tableStream: `{${queueName}:*}:{*}`,
  deadLetters: `{${queueName}:*}:dead`,
  keyRecords: `{${queueName}:*}:keys:*`,
  keyCounters: `{${queueName}:*}:clients:*`,
  partitions: `${queueName}:partitions`,
  database: `${queueName}:database`,
  pause: `${queueName}:paused`,
  pausedTables: `${queueName}:paused-tables`,
});

// Commands of every connection: CLIENT SETINFO at its start (HELLO and AUTH need no right), the
// other two in a cluster.
const connection: Right = { commands: ['client|setinfo', 'cluster|slots', 'asking'] };

// The partitions, the state of the queue, and the requirements on its servers
// (packages/queue/admin/partition-registry.ts, queue-state.ts, check-servers.ts, queue-owner.ts).
const state: readonly Right[] = [
  { commands: ['info', 'time'] },
  { commands: ['get'], access: 'R', keys: ['database'] },
  { commands: ['scard', 'smismember'], access: 'R', keys: ['partitions'] },
  { commands: ['exists'], access: 'R', keys: ['pause'] },
  { commands: ['smembers'], access: 'R', keys: ['pausedTables'] },
  { commands: ['xinfo|consumers', 'xpending', 'xrange'], access: 'R', keys: ['stream'] },
  { commands: ['xlen'], access: 'R', keys: ['stream', 'deadLetters'] },
];

/**
 * The rights of each user: exactly the commands that packages/queue sends for the producer, the
 * consumer and the operator's commands, including those of scripts.
 * tests/system/queue-users.test.ts runs all three as these users and checks their refusals.
 * Only the consumer and the operator may load scripts. The producer runs scripts that a consumer
 * has loaded (docs/decisions/016).
 */
export const queueRights = {
  producer: [
    connection,
    ...state,
    { commands: ['exec', 'multi', 'wait'] },
    { commands: ['setnx'], access: 'W', keys: ['database'] },
    { commands: ['xadd', 'xgroup|create'], access: 'W', keys: ['stream'] },
    { commands: ['sadd'], access: 'W', keys: ['partitions'] },
    { commands: ['memory|usage'], access: 'R', keys: ['tableStream'] },
    { commands: ['evalsha'], access: 'RW', keys: ['stream', 'keyRecords', 'keyCounters'] },
    { commands: ['hget', 'pexpire', 'pttl'], access: 'RW', keys: ['keyRecords'] },
    { commands: ['hincrby', 'hmget'], access: 'RW', keys: ['keyCounters'] },
    { commands: ['expireat', 'hset'], access: 'W', keys: ['keyRecords', 'keyCounters'] },
  ],
  consumer: [
    connection,
    ...state,
    { commands: ['script|load'] },
    { commands: ['setnx'], access: 'W', keys: ['database'] },
    { commands: ['xreadgroup'], access: 'R', keys: ['stream'] },
    {
      commands: ['xack', 'xautoclaim', 'xdel', 'xgroup|create', 'xgroup|delconsumer'],
      access: 'RW',
      keys: ['stream'],
    },
    // An entry with rows is split in two.
    { commands: ['xadd'], access: 'W', keys: ['tableStream', 'deadLetters'] },
    { commands: ['eval', 'evalsha'], access: 'RW', keys: ['stream', 'deadLetters'] },
  ],
  operator: [
    connection,
    ...state,
    { commands: ['del', 'set'], access: 'W', keys: ['pause'] },
    { commands: ['sadd', 'srem'], access: 'W', keys: ['pausedTables'] },
    { commands: ['set'], access: 'W', keys: ['database'] },
    { commands: ['xadd'], access: 'W', keys: ['stream', 'deadLetters'] },
    { commands: ['xack', 'xdel'], access: 'RW', keys: ['stream'] },
    { commands: ['xdel', 'xrange', 'xrevrange'], access: 'RW', keys: ['deadLetters'] },
    { commands: ['eval', 'evalsha'], access: 'RW', keys: ['stream', 'deadLetters'] },
  ],
} as const satisfies Readonly<Record<string, readonly Right[]>>;

/**
 * Returns the rights of a user on the keys of the queue called `queueName`. Each right is a
 * selector in the ACL syntax of Valkey and Redis 7, which ElastiCache's access string accepts.
 */
export const accessStringOf = (user: QueueUser, queueName: string): string =>
  ['on', '-@all', ...queueRights[user].map((right) => selectorOf(right, queueName))].join(' ');

const selectorOf = ({ commands, access, keys = [] }: Right, queueName: string): string => {
  const patterns = keyPatternsOf(queueName);
  const words = [...commands.map((command) => `+${command}`), ...keys.map((kind) => `%${access}~${patterns[kind]}`)];
  return `(${words.join(' ')})`;
};
