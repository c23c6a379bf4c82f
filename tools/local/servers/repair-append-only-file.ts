import { existsSync, readFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';

// A Redis that is killed while it writes a transaction leaves MULTI without EXEC at the end of its append-only file. When it
// starts, it cuts a torn last command off and leaves the MULTI: all that it acknowledges then is written behind it, and the start
// after that takes it for the rest of an unfinished transaction and drops it (https://github.com/valkey-io/valkey/issues/4342).
// redis-check-aof --fix mends that too, but takes a MULTI after such a MULTI for the end of what is sound, and cuts off all that
// follows, which Redis would load; and it is not beside every server.

/** A file cannot be repaired here. */
export class RepairError extends Error {
  readonly code = 'REPAIR_IMPOSSIBLE';
}

type Repair = { readonly file: string; readonly cutBytes: number };

const windowBytes = 1 << 20;
// Redis takes no longer argument (proto-max-bulk-len).
const longestBytes = 512 << 20;
const carriageReturn = 13;
const lineFeed = 10;
const [zero, nine] = [48, 57];
const [star, dollar, hash] = [42, 36, 35];
const torn = -1;
const unreadable = -2;

/**
 * Cuts the end off the append-only file in `folder` that begins in a transaction which was not finished, or in a command: what Redis
 * does not load. Nothing before it is touched. Answers with how much that was, 0 for a file that is whole. A file that Redis refuses
 * stays as it is. Redis must not run. Throws a {@link RepairError} for a file with a snapshot at its head (Redis before 7).
 */
export const repairAppendOnlyFile = async (folder: string): Promise<Repair | undefined> => {
  const path = findLastFile(folder);
  if (path === undefined) return undefined;
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const soundBytes = await measureSound(file, size, basename(path));
    if (soundBytes < size) {
      await file.truncate(soundBytes);
      await file.sync();
    }
    return { file: basename(path), cutBytes: size - soundBytes };
  } finally {
    await file.close();
  }
};

/** The file that Redis wrote to last; undefined when there is none, or only a snapshot. */
const findLastFile = (folder: string): string | undefined => {
  const single = join(folder, 'appendonly.aof');
  const manifest = join(folder, 'appendonlydir', 'appendonly.aof.manifest');
  if (!existsSync(manifest)) return existsSync(single) ? single : undefined;
  const names = [...readFileSync(manifest, 'utf8').matchAll(/^file (?<name>\S+) seq \d+ type [bi]/gm)];
  const last = names.at(-1)?.groups?.['name'];
  if (last === undefined || last.endsWith('.rdb')) return undefined;
  const path = join(folder, 'appendonlydir', last);
  return existsSync(path) ? path : undefined;
};

/** How many bytes of the file end with a command and outside of a transaction; all of them when Redis will refuse it anyway. */
const measureSound = async (file: FileHandle, size: number, name: string): Promise<number> => {
  let bytes = Buffer.alloc(windowBytes);
  // Of the file: where `bytes` begins, and where what is sound ends. Of `bytes`: what is filled, and where the next command begins.
  let base = 0;
  let sound = 0;
  let filled = 0;
  let at = 0;
  let isInTransaction = false;
  for (;;) {
    const end = findEnd(bytes, at, filled);
    if (end === unreadable) {
      if (base + at === 0 && bytes.toString('latin1', 0, 5) === 'REDIS') {
        throw new RepairError(
          `${name} begins with a snapshot; whether it ends in an unfinished transaction was not looked at`,
        );
      }
      return size;
    }
    if (end === torn) {
      if (base + filled === size) return sound;
      bytes.copyWithin(0, at, filled);
      base += at;
      filled -= at;
      at = 0;
      if (filled === bytes.length) bytes = Buffer.concat([bytes], bytes.length * 2);
      const want = Math.min(bytes.length - filled, size - base - filled);
      // oxlint-disable-next-line no-await-in-loop -- one window after another
      const { bytesRead } = await file.read(bytes, filled, want, base + filled);
      if (bytesRead === 0) throw new RepairError(`${name} became shorter while it was read`);
      filled += bytesRead;
      continue;
    }
    const word = singleWord(bytes, at, end);
    if (word === 'MULTI') isInTransaction = true;
    if (word === 'EXEC') isInTransaction = false;
    at = end;
    if (!isInTransaction) sound = base + at;
  }
};

/** Where the command (or the annotation) ends that begins at `at`; {@link torn} when the bytes end before it does. */
const findEnd = (bytes: Buffer, at: number, filled: number): number => {
  if (at >= filled) return torn;
  if (bytes[at] === hash) {
    const end = bytes.indexOf(lineFeed, at);
    return end === -1 || end >= filled ? torn : end + 1;
  }
  if (bytes[at] !== star) return unreadable;
  let next = endOfNumber(bytes, at + 1, filled);
  if (next < 0) return next;
  for (let left = numberBefore(bytes, at + 1, next); left > 0; left--) {
    if (next >= filled) return torn;
    if (bytes[next] !== dollar) return unreadable;
    const start = endOfNumber(bytes, next + 1, filled);
    if (start < 0) return start;
    const length = numberBefore(bytes, next + 1, start);
    if (length > longestBytes) return unreadable;
    next = start + length + 2;
    if (next > filled) return torn;
  }
  return next;
};

/** Behind the line end of the number at `at`. */
const endOfNumber = (bytes: Buffer, at: number, filled: number): number => {
  let next = at;
  while (next < filled && isDigit(bytes[next])) next++;
  if (next + 1 >= filled && (next === filled || bytes[next] === carriageReturn)) return torn;
  return next > at && bytes[next] === carriageReturn && bytes[next + 1] === lineFeed ? next + 2 : unreadable;
};

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine;

const numberBefore = (bytes: Buffer, at: number, end: number): number => {
  let number = 0;
  for (let next = at; next < end - 2; next++) number = number * 10 + (bytes[next] ?? zero) - zero;
  return number;
};

/** The word of a command of one word, in capitals. */
const singleWord = (bytes: Buffer, at: number, end: number): string | undefined =>
  bytes[at] === star && bytes[at + 1] === zero + 1 && bytes[at + 2] === carriageReturn
    ? bytes.toString('latin1', at, end).split('\r\n')[2]?.toUpperCase()
    : undefined;
