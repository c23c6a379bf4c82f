import { RESP_TYPES } from '@redis/client';
import { replyWithinMs, type RedisConnection } from '../redis/connection.ts';
import { group, type Partition } from '../partition.ts';
import { hasReplyCode } from '../redis/reply-error.ts';
import { defineScript, runScript, type Script } from '../redis/script.ts';
import { measuring, moveByHand } from '../consume/take-scripts.ts';

/** An entry that could not be recorded, unchanged, with the reason. */
export type DeadLetter = {
  /** The name of the dead letter in the commands: `{count_queue:0}/1700000000000-0`. */
  readonly name: string;
  /** The id that the entry had in the queue. */
  readonly entry: string;
  readonly reason: string;
  readonly movedAt: Date;
  /**
   * Names and values in their order. In text that is not UTF-8, each byte outside printable ASCII
   * is shown as `\xff`.
   */
  readonly fields: readonly (readonly [name: string, value: string])[];
};

/** The error for a text that is not the name of a dead letter or an entry. */
export class DeadLetterNameError extends Error {
  readonly code = 'DEAD_LETTER_NAME';
}

const lettersPerStep = 100;
const namePattern = /^(?<stream>\{.+\})\/(?<id>\d+-\d+)$/;

/** Called for a partition whose dead letters have a key of another type. The others are read. */
type OnUnreadable = (partition: Partition) => void;

type Place = { readonly partition: Partition; readonly id: string };

type PageSettings = {
  readonly after?: string | undefined;
  readonly limit: number;
  readonly onUnreadable?: OnUnreadable;
};

/**
 * Lists up to `limit` dead letters, partition by partition, the oldest of each first. With `after`,
 * the name of the last letter of the previous page, the list continues behind it. Throws a
 * {@link DeadLetterNameError} when `after` belongs to none of the partitions.
 */
export const listDeadLetters = async (
  connection: RedisConnection,
  partitions: readonly Partition[],
  { after, limit, onUnreadable }: PageSettings,
): Promise<DeadLetter[]> => {
  const start = after === undefined ? undefined : findPlace(partitions, after);
  const first = start === undefined ? 0 : partitions.indexOf(start.partition);
  const letters: DeadLetter[] = [];
  for (const partition of partitions.slice(first)) {
    const from = partition === start?.partition ? `(${start.id}` : '-';
    const room = limit - letters.length;
    const readPage = () => readLetters(connection, partition, from, '+', room);
    letters.push(...((await unlessUnreadable(partition, onUnreadable, readPage)) ?? []));
    if (letters.length >= limit) break;
  }
  return letters;
};

/**
 * Returns the dead letter called `name`, or undefined. Throws a {@link DeadLetterNameError} when
 * `name` belongs to none of the partitions.
 */
export const showDeadLetter = async (
  connection: RedisConnection,
  partitions: readonly Partition[],
  name: string,
): Promise<DeadLetter | undefined> => {
  const { partition, id } = findPlace(partitions, name);
  const [letter] = await readLetters(connection, partition, id, id, 1);
  return letter;
};

/**
 * Reads dead letters. KEYS: the dead letters. ARGV: the first id, the last id, the maximum number
 * of letters. Returns the letters. Large letters of older releases have only their first two
 * fields: the entry's id and the reason.
 */
const readScript = defineScript(`${measuring}
for _, letter in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])) do
  local fields = letter[2]
  local _, is_oversize = measure(fields, 5)
  if is_oversize then fields = { fields[1], fields[2], fields[3], fields[4] } end
  taken[#taken + 1] = { letter[1], fields }
end
return taken
`);

/**
 * Moves dead letters back to the stream. KEYS: the dead letters, the stream. ARGV: the first id,
 * the last id, the maximum number of letters. The first two fields are left out. A letter without
 * other fields stays. Returns the number moved, the number kept, and the id of the last letter.
 */
const replay = defineScript(`
local moved, kept, last = 0, 0, ''
for _, letter in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])) do
  last = letter[1]
  if #letter[2] > 4 then
    redis.call('XADD', KEYS[2], '*', unpack(letter[2], 5))
    redis.call('XDEL', KEYS[1], last)
    moved = moved + 1
  else
    kept = kept + 1
  end
end
return { moved, kept, last }
`);

/**
 * Deletes dead letters. KEYS: the dead letters, the stream. ARGV: the first id, the last id, the
 * maximum number of letters. Returns the same values as {@link replay}.
 */
const drop = defineScript(`
local dropped, last = 0, ''
for _, letter in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])) do
  last = letter[1]
  dropped = dropped + redis.call('XDEL', KEYS[1], last)
end
return { dropped, 0, last }
`);

type Which = { readonly name: string } | 'all';

/** The number of dead letters that a command processed (`done`), and that it could not (`kept`). */
export type DeadLettersDone = { readonly done: number; readonly kept: number };

/**
 * Moves one dead letter, or all that exist now, back to the queue as new entries. Their fields are
 * unchanged, including the batch id. Each is always in exactly one of the two places. Letters whose
 * fields were too large to be kept stay. Throws a {@link DeadLetterNameError}, or the error reply
 * of Redis, for example when it is full.
 */
export const replayDeadLetters = (
  connection: RedisConnection,
  partitions: readonly Partition[],
  which: Which,
  onUnreadable?: OnUnreadable,
): Promise<DeadLettersDone> => runOnLetters(connection, partitions, which, replay, onUnreadable);

/**
 * Deletes one dead letter, or all that exist now, permanently. Throws a
 * {@link DeadLetterNameError}.
 */
export const dropDeadLetters = (
  connection: RedisConnection,
  partitions: readonly Partition[],
  which: Which,
  onUnreadable?: OnUnreadable,
): Promise<DeadLettersDone> => runOnLetters(connection, partitions, which, drop, onUnreadable);

const movedByHand = 'an operator moved it here';

/**
 * Moves one entry of the queue to the dead letters of its partition, whatever it holds. It is
 * always in exactly one of the two. `name` has the form of a dead letter's name, with the entry's
 * id. Returns `in flight` when a consumer has the entry and may be recording it. The entry then
 * stays, unless `isPaused`. Throws a {@link DeadLetterNameError}, or the error reply of Redis.
 */
export const moveEntryToDeadLetters = async (
  connection: RedisConnection,
  partitions: readonly Partition[],
  name: string,
  isPaused: boolean,
): Promise<'moved' | 'missing' | 'in flight'> => {
  const { partition, id } = findPlace(partitions, name);
  const { stream, deadLetters } = partition;
  const args = [group, id, movedByHand, isPaused ? '1' : '0'];
  const outcome = await runScript(connection, moveByHand, [stream, deadLetters], args, replyWithinMs);
  if (outcome === 'moved' || outcome === 'missing' || outcome === 'in flight') return outcome;
  throw new TypeError(`Redis answered ${String(outcome)} to the move of an entry`);
};

const runOnLetters = async (
  connection: RedisConnection,
  partitions: readonly Partition[],
  which: Which,
  script: Script,
  onUnreadable: OnUnreadable | undefined,
): Promise<DeadLettersDone> => {
  let done = 0;
  let kept = 0;
  const step = async ({ stream, deadLetters }: Partition, from: string, to: string): Promise<string> => {
    const args = [from, to, String(lettersPerStep)];
    const reply = await runScript(connection, script, [deadLetters, stream], args, replyWithinMs);
    const [doneNow, keptNow, last] = listOf(reply);
    done += Number(doneNow);
    kept += Number(keptNow);
    return String(last);
  };
  // Runs step by step, so that no script blocks Redis for long. Letters that return meanwhile are
  // behind `end`, and stay.
  const runOnAll = async (partition: Partition) => {
    const end = await readLastId(connection, partition);
    let last = end === '' ? '' : await step(partition, '-', end);
    while (last !== '') last = await step(partition, `(${last}`, end);
  };
  if (which === 'all') {
    for (const partition of partitions) {
      await unlessUnreadable(partition, onUnreadable, () => runOnAll(partition));
    }
  } else {
    const { partition, id } = findPlace(partitions, which.name);
    await step(partition, id, id);
  }
  return { done, kept };
};

const unlessUnreadable = async <T>(
  partition: Partition,
  onUnreadable: OnUnreadable | undefined,
  read: () => Promise<T>,
): Promise<T | undefined> => {
  try {
    return await read();
  } catch (error) {
    if (!hasReplyCode(error, 'WRONGTYPE')) throw error;
    onUnreadable?.(partition);
    return undefined;
  }
};

/** Finds the last dead letter. KEYS: the dead letters. Returns its id, or an empty string. */
const lastId = defineScript(`
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return last and last[1] or ''
`);

const readLastId = async (connection: RedisConnection, { deadLetters }: Partition): Promise<string> =>
  String(await runScript(connection, lastId, [deadLetters], [], replyWithinMs));

const findPlace = (partitions: readonly Partition[], name: string): Place => {
  const { stream, id } = namePattern.exec(name)?.groups ?? {};
  const partition = partitions.find((candidate) => candidate.stream === stream);
  if (partition === undefined || id === undefined) {
    throw new DeadLetterNameError(
      `${name} is not the name of a dead letter or an entry: a partition, / and an id, as list shows them`,
    );
  }
  return { partition, id };
};

/** Reads dead letters as bytes: node-redis would convert them to text. */
const readLetters = async (
  connection: RedisConnection,
  { stream, deadLetters }: Partition,
  from: string,
  to: string,
  limit: number,
): Promise<DeadLetter[]> => {
  const asBytes = { [RESP_TYPES.BLOB_STRING]: Buffer };
  const reply = await runScript(
    connection,
    readScript,
    [deadLetters],
    [from, to, String(limit)],
    replyWithinMs,
    asBytes,
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
    movedAt: new Date(Number(idText.split('-')[0])),
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
  return Buffer.from(text).equals(bytes) ? text : bytes.toString('latin1').replaceAll(/[^\x20-\x7e]/g, toEscape);
};

const toEscape = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
