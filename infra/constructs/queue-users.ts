/** Who logs in to Valkey. */
export type QueueUser = keyof typeof queueCommands;

// What every connection sends: CLIENT SETINFO when it begins (HELLO and AUTH need no right), the other two where there is a cluster.
const connection = ['client|setinfo', 'cluster|slots', 'asking'];
// The state of the queue (packages/queue/queue-state.ts).
const state = ['exists', 'smembers', 'time', 'xinfo|consumers', 'xlen', 'xpending', 'xrange'];
const scripts = ['eval', 'evalsha'];

/**
 * The commands that each user may send, in the words of an ACL; those that scripts send are among them. They are what packages/queue sends
 * for the producer, the consumer and the operator's commands, no more: tests/system/queue-users.test.ts runs all three as such users.
 */
export const queueCommands = {
  producer: [
    ...connection,
    ...state,
    ...scripts,
    ...['exec', 'multi', 'ping', 'sadd', 'wait', 'xadd', 'xgroup|create'],
    // Idempotency keys (packages/queue/key-records.ts), and the memory that they may take.
    ...['expireat', 'hget', 'hincrby', 'hmget', 'hset', 'info', 'pexpire', 'pttl'],
  ],
  consumer: [
    ...connection,
    ...state,
    ...scripts,
    ...['xack', 'xadd', 'xautoclaim', 'xdel', 'xgroup|create', 'xgroup|delconsumer', 'xreadgroup'],
  ],
  operator: [...connection, ...state, ...scripts, ...['del', 'set', 'xadd', 'xdel', 'xrevrange']],
} as const;

/**
 * The rights of a user on the keys of the queue called `queueName`, as Valkey's ACL and ElastiCache's access string write them. Keys are
 * those of partitions, which begin with a hash tag, and those of the whole queue.
 */
export const accessStringOf = (user: QueueUser, queueName: string): string =>
  ['on', `~{${queueName}:*`, `~${queueName}:*`, '-@all', ...queueCommands[user].map((command) => `+${command}`)].join(
    ' ',
  );
