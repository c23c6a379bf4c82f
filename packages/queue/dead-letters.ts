import { RESP_TYPES } from '@redis/client';
import type { RedisConnection } from './connection.ts';
import type { Partition } from './partition.ts';
import { defineScript, runScript } from './script.ts';

/** An entry that could not be parsed, as it was, with the reason. */
export type DeadLetter = {
  /** What it is called in the commands: `{count_queue:0}/1700000000000-0`. */
  readonly name: string;
  /** The id that the entry had in the queue. */
  readonly entry: string;
  readonly reason: string;
  readonly buriedAt: Date;
  /** Names and values in their order; bytes that are not UTF-8 are shown as `\xff`. */
  readonly fields: readonly (readonly [name: string, value: string])[];
};

/** The name of a dead letter is not one. */
export class DeadLetterNameError extends Error {
  readonly code = 'DEAD_LETTER_NAME';
}

const replyWithinMs = 3_000;
const lettersPerStep = 100;
const namePattern = /^(?<stream>\{.+\})\/(?<id>\d+-\d+)$/;

type Place = { readonly partition: Partition; readonly id: string };

/**
 * Up to `limit` dead letters, of one partition after the other and the oldest of each first; with `after`, the name of the last one of the page before, those
 * behind it. Throws a {@link DeadLetterNameError} when `after` is of none of the partitions.
 */
export const listDeadLetters = async (
  connection: RedisConnection,
  partitions: readonly Partition[],
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<DeadLetter[]> => {
  const start = after === undefined ? undefined : findPlace(partitions, after);
  const first = start === undefined ? 0 : partitions.indexOf(start.partition);
  const letters: DeadLetter[] = [];
  for (const partition of partitions.slice(first)) {
    const from = partition === start?.partition ? `(${start.id}` : '-';
    // oxlint-disable-next-line no-await-in-loop -- the next partition is read only when this one leaves room
    letters.push(...(await readLetters(connection, partition, from, '+', limit - letters.length)));
    if (letters.length >= limit) break;
  }
  return letters;
};

/** The dead letter called `name`, or none. Throws a {@link DeadLetterNameError} when that is not the name of one of these partitions. */
export const showDeadLetter = async (
  connection: RedisConnection,
  partitions: readonly Partition[],
  name: string,
): Promise<DeadLetter | undefined> => {
  const { partition, id } = findPlace(partitions, name);
  const [letter] = await readLetters(connection, partition, id, id, 1);
  return letter;
};

/** KEYS: the dead letters, the stream. ARGV: ids. The first two fields are the entry's id and the reason; the others go back. */
const replay = defineScript(`
local moved = 0
for _, id in ipairs(ARGV) do
  local letter = redis.call('XRANGE', KEYS[1], id, id)[1]
  if letter then
    redis.call('XADD', KEYS[2], '*', unpack(letter[2], 5))
    redis.call('XDEL', KEYS[1], id)
    moved = moved + 1
  end
end
return moved
`);

/** KEYS: the dead letters. ARGV: ids. */
const drop = defineScript(`return redis.call('XDEL', KEYS[1], unpack(ARGV))`);

/**
 * Puts one dead letter, or all that are there now, back into the queue as new entries with their fields unchanged, the batch id among them; each is in exactly one of
 * the two places. Answers with their number. Throws a {@link DeadLetterNameError}, or what Redis answered, when it is full for example.
 */
export const replayDeadLetters = (
  connection: RedisConnection,
  partitions: readonly Partition[],
  which: { readonly name: string } | 'all',
): Promise<number> =>
  forEachPlace(connection, partitions, which, (partition, ids) =>
    countOf(runScript(connection, replay, [partition.deadLetters, partition.stream], ids, replyWithinMs)),
  );

/** Removes one dead letter, or all that are there now, for good. Answers with their number. Throws a {@link DeadLetterNameError}. */
export const dropDeadLetters = (
  connection: RedisConnection,
  partitions: readonly Partition[],
  which: { readonly name: string } | 'all',
): Promise<number> =>
  forEachPlace(connection, partitions, which, (partition, ids) =>
    countOf(runScript(connection, drop, [partition.deadLetters], ids, replyWithinMs)),
  );

const forEachPlace = async (
  connection: RedisConnection,
  partitions: readonly Partition[],
  which: { readonly name: string } | 'all',
  act: (partition: Partition, ids: readonly string[]) => Promise<number>,
): Promise<number> => {
  if (which !== 'all') {
    const { partition, id } = findPlace(partitions, which.name);
    return act(partition, [id]);
  }
  let done = 0;
  // oxlint-disable no-await-in-loop -- a step after the other, so that no script holds up Redis
  for (const partition of partitions) {
    const last = await readLastId(connection, partition);
    if (last === undefined) continue;
    // What is buried again while this goes on is behind the last one, and left there.
    for (;;) {
      const ids = await readIds(connection, partition, last);
      if (ids.length === 0) break;
      done += await act(partition, ids);
    }
  }
  // oxlint-enable no-await-in-loop
  return done;
};

const readLastId = async (connection: RedisConnection, { deadLetters }: Partition): Promise<string | undefined> => {
  const found = await connection.run(
    deadLetters,
    (client) => client.xRevRange(deadLetters, '+', '-', { COUNT: 1 }),
    replyWithinMs,
  );
  return found?.[0]?.id;
};

const readIds = async (connection: RedisConnection, { deadLetters }: Partition, last: string): Promise<string[]> => {
  const found = await connection.run(
    deadLetters,
    (client) => client.xRange(deadLetters, '-', last, { COUNT: lettersPerStep }),
    replyWithinMs,
  );
  return (found ?? []).map(({ id }) => id);
};

const countOf = async (reply: Promise<unknown>): Promise<number> => Number(await reply);

const findPlace = (partitions: readonly Partition[], name: string): Place => {
  const { stream, id } = namePattern.exec(name)?.groups ?? {};
  const partition = partitions.find((candidate) => candidate.stream === stream);
  if (partition === undefined || id === undefined) {
    throw new DeadLetterNameError(`${name} is not the name of a dead letter; list shows the names`);
  }
  return { partition, id };
};

/** As bytes, and each with its name as often as it is there: node-redis would make text and an object of them. */
const readLetters = async (
  connection: RedisConnection,
  { stream, deadLetters }: Partition,
  from: string,
  to: string,
  limit: number,
): Promise<DeadLetter[]> => {
  const reply: unknown = await connection.run(
    deadLetters,
    (client) =>
      client.sendCommand(['XRANGE', deadLetters, from, to, 'COUNT', String(limit)], {
        typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer },
      }),
    replyWithinMs,
  );
  return listOf(reply).map((item) => parseLetter(stream, item));
};

const parseLetter = (stream: string, item: unknown): DeadLetter => {
  const [id, list] = listOf(item);
  const [, entry = '', , reason = '', ...texts] = listOf(list).map(toText);
  const idText = toText(id);
  return {
    name: `${stream}/${idText}`,
    entry,
    reason,
    buriedAt: new Date(Number(idText.split('-')[0])),
    fields: Array.from({ length: texts.length / 2 }, (_, index) => [
      texts[2 * index] ?? '',
      texts[2 * index + 1] ?? '',
    ]),
  };
};

const listOf = (reply: unknown): unknown[] => {
  if (Array.isArray(reply)) return reply;
  throw new TypeError('Redis did not answer with a list');
};

const toText = (bytes: unknown): string => {
  if (!Buffer.isBuffer(bytes)) throw new TypeError('Redis did not answer with a string');
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text;
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
};
