import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { DumpError } from './split-statements.ts';

/**
 * The text of a dump in chunks, and the SHA-256 of its bytes before decoding. The digest is
 * complete once the text is read.
 */
export type OpenDump = { readonly chunks: AsyncGenerator<string>; readonly digest: () => Buffer };

const formats = [
  { magic: '1f8b', decompress: createGunzip },
  { magic: '28b52ffd', decompress: createZstdDecompress },
  { magic: '425a68', name: 'bzip2', command: 'bunzip2' },
  { magic: 'fd377a58', name: 'xz', command: 'unxz' },
  { magic: '504b0304', name: 'zip', command: 'unzip' },
  { magic: '377abcaf', name: '7-Zip', command: '7z x' },
  { magic: '5047444d50', name: 'pg_dump' },
] as const;

const headBytes = 8;
const byFileError: Readonly<Record<string, string>> = {
  ENOENT: 'The file does not exist',
  EISDIR: 'This is a folder, not a file',
  EACCES: 'You have no permission to read the file',
};

/**
 * Opens a dump: SQL in UTF-8 or in UTF-16 (PowerShell's `>`), plain or compressed with gzip or
 * zstd. The digest covers the decompressed bytes, so compression does not change it. Reading throws
 * a {@link DumpError} that names the problem with the file.
 */
export const openDump = (file: string): OpenDump => {
  const hash = createHash('sha256');
  const chunks = async function* (): AsyncGenerator<string> {
    try {
      yield* decode(await openBytes(file), hash);
    } catch (error) {
      throw translate(error);
    }
  };
  return { chunks: chunks(), digest: () => hash.digest() };
};

const openBytes = async (file: string): Promise<Readable> => {
  const head = await readHead(file);
  const format = formats.find(({ magic }) => head.startsWith(magic));
  if (format === undefined) return createReadStream(file);
  if ('decompress' in format) {
    // An error in the pipeline ends the reading of its output.
    return pipeline(createReadStream(file), format.decompress(), () => undefined);
  }
  if ('command' in format) {
    throw new DumpError(`The file is compressed by ${format.name}. Unpack it first: ${format.command} FILE`);
  }
  throw new DumpError(`The file is of ${format.name}, which is not of MySQL. Export the counts as INSERTs into count`);
};

const readHead = async (file: string): Promise<string> => {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.toString('hex', 0, bytesRead);
  } finally {
    await handle.close();
  }
};

const decode = async function* (bytes: Readable, hash: { update: (chunk: Buffer) => unknown }): AsyncGenerator<string> {
  let head = Buffer.alloc(0);
  let decoder: TextDecoder | undefined;
  for await (const chunk of bytes) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('A file is bytes');
    hash.update(chunk);
    if (decoder !== undefined) {
      yield decoder.decode(chunk, { stream: true });
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < 4) continue;
    decoder = new TextDecoder(encodingOf(head));
    yield decoder.decode(head, { stream: true });
  }
  yield decoder === undefined ? head.toString() : decoder.decode();
};

/**
 * Detects the encoding. The decoder drops a byte order mark itself. Without a mark, a zero byte
 * shows the byte order of an ASCII character.
 */
const encodingOf = (head: Buffer): string => {
  const [first, second, third, fourth] = head;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (second === 0 && fourth === 0 && first !== 0) return 'utf-16le';
  if (first === 0 && third === 0 && second !== 0) return 'utf-16be';
  if (head.subarray(0, 512).includes(0)) throw new DumpError('The file is not text. Dump the table as SQL: mysqldump');
  return 'utf-8';
};

const translate = (error: unknown): unknown => {
  if (!(error instanceof Error) || !('code' in error) || error instanceof DumpError) return error;
  const code = String(error.code);
  const reason = byFileError[code];
  if (reason !== undefined) return new DumpError(reason, { cause: error });
  if (code === 'Z_BUF_ERROR') return new DumpError('The compressed file is truncated. Copy it again', { cause: error });
  if (/^Z_|^ZSTD_/.test(code)) {
    return new DumpError(`The compressed file is damaged (${error.message}). Copy it again`, { cause: error });
  }
  return error;
};
