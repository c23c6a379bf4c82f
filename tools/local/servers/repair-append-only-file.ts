import { existsSync, readFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';

// A Redis that is killed while it writes a transaction leaves MULTI without EXEC at the end of its
// append-only file. At its start, Redis removes a torn last command but leaves the MULTI. It
// appends everything that it acknowledges afterwards. The next start takes that for the rest of an
// unfinished transaction and drops it (https://github.com/valkey-io/valkey/issues/4342).
//
// redis-check-aof --fix also fixes that. But it takes a MULTI after such a MULTI for the end of the
// sound part, and removes everything after it, which Redis would load. And not every server comes
// with it.

/** A file cannot be repaired here. */
export class RepairError extends Error {
  readonly code = 'REPAIR_IMPOSSIBLE';
}

type Repair = { readonly file: string; readonly cutBytes: number };

const windowBytes = 1 << 20;
// Redis accepts no longer argument (proto-max-bulk-len).
const longestBytes = 512 << 20;
const carriageReturn = 13;
const lineFeed = 10;
const [zero, nine] = [48, 57];
const [star, dollar, hash] = [42, 36, 35];
const torn = -1;
const unreadable = -2;

/**
 * Cuts the part off the end of the append-only file in `folder` that Redis does not load: an
 * unfinished transaction, or a torn command. Nothing before it changes. Redis must not run.
 *
 * Returns the file and the number of removed bytes, 0 for an intact file. Returns undefined if
 * there is no file to check. A file that Redis refuses stays unchanged. Throws a
 * {@link RepairError} for a file that starts with a snapshot (Redis before 7).
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

/** Returns the file that Redis wrote to last, or undefined if there is none, or only a snapshot. */
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

/**
 * Measures the bytes up to the last command outside of a transaction. Returns the full size if
 * Redis will refuse the file anyway.
 */
const measureSound = async (file: FileHandle, size: number, name: string): Promise<number> => {
  let bytes = Buffer.alloc(windowBytes);
  // In the file: `base` is the start of `bytes`, and `sound` the end of the sound part. In `bytes`:
  // `filled` is the end of the data, and `at` the start of the next command.
  let base = 0;
  let sound = 0;
  let filled = 0;
  let at = 0;
  let isInTransaction = false;
  for (;;) {
    const end = findEnd(bytes, at, filled);
    if (end === unreadable) {
      if (base + at === 0 && bytes.toString('latin1', 0, 5) === 'REDIS') {
        throw new RepairError(`${name} begins with a snapshot, so it was not checked for an unfinished transaction`);
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
      const { bytesRead } = await file.read(bytes, filled, want, base + filled);
      if (bytesRead === 0) throw new RepairError(`${name} became shorter while Sluice read it`);
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

/**
 * Returns the end of the command (or annotation) at `at`, or {@link torn} if the bytes end before
 * it.
 */
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

/** Returns the position after the line end of the number at `at`. */
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

/** Returns the word of a command of one word, in capitals. */
const singleWord = (bytes: Buffer, at: number, end: number): string | undefined =>
  bytes[at] === star && bytes[at + 1] === zero + 1 && bytes[at + 2] === carriageReturn
    ? bytes.toString('latin1', at, end).split('\r\n')[2]?.toUpperCase()
    : undefined;
