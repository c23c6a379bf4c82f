import { createHash } from 'node:crypto';
import type { TypeMapping } from '@redis/client';
import type { RedisConnection } from './connection.ts';
import { hasReplyCode } from './reply-error.ts';

/** A Lua script and its hash, by which Redis knows it. */
export type Script = { readonly text: string; readonly sha: string };

/** Adds the hash to the text of a script. */
export const defineScript = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') });

/**
 * Runs a script on `keys`, which are of one slot. Sends its text only to a server that does not
 * know it yet. Returns the unchecked reply in the types of `typeMapping`.
 */
export const runScript = async (
  connection: RedisConnection,
  script: Script,
  keys: readonly [string, ...string[]],
  args: readonly (string | Buffer)[],
  deadlineMs: number,
  typeMapping: TypeMapping = {},
): Promise<unknown> => {
  const options = { keys: [...keys], arguments: [...args] };
  try {
    return await connection.run(
      keys[0],
      (client) => client.withTypeMapping(typeMapping).evalSha(script.sha, options),
      deadlineMs,
    );
  } catch (error) {
    if (!hasReplyCode(error, 'NOSCRIPT')) throw error;
    return connection.run(
      keys[0],
      (client) => client.withTypeMapping(typeMapping).eval(script.text, options),
      deadlineMs,
    );
  }
};
