import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { openDump } from './open-dump.ts';

const text = `SELECT 'über';\r\n${'-- a comment\n'.repeat(20_000)}`;
const plain = Buffer.from(text);
const utf16 = Buffer.from(text, 'utf16le');
const bigEndian = Buffer.from(utf16).swap16();

const readBytes = async (t: TestContext, bytes: Buffer) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-open-dump-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'dump');
  await writeFile(file, bytes);
  const { chunks, digest } = openDump(file);
  let read = '';
  for await (const chunk of chunks) read += chunk;
  return { read, digest: digest().toString('hex') };
};

for (const [what, bytes] of Object.entries({
  'UTF-8': plain,
  'UTF-8 with a byte order mark': Buffer.concat([Buffer.from('efbbbf', 'hex'), plain]),
  'UTF-16, as PowerShell writes it': Buffer.concat([Buffer.from('fffe', 'hex'), utf16]),
  'UTF-16 with the high byte first': Buffer.concat([Buffer.from('feff', 'hex'), bigEndian]),
  'UTF-16 without a byte order mark': utf16,
  'UTF-16 with the high byte first, without a byte order mark': bigEndian,
  gzip: gzipSync(plain),
  'gzip of two parts': Buffer.concat([gzipSync(plain.subarray(0, 9)), gzipSync(plain.subarray(9))]),
  zstd: zstdCompressSync(plain),
  'gzip of UTF-16': gzipSync(Buffer.concat([Buffer.from('fffe', 'hex'), utf16])),
})) {
  test(`a dump is read as ${what}`, async (t) => {
    assert.equal((await readBytes(t, bytes)).read, text);
  });
}

test('a dump of three bytes is read', async (t) => {
  assert.equal((await readBytes(t, Buffer.from('A;\n'))).read, 'A;\n');
});

test('a file is the same one compressed', async (t) => {
  const { digest } = await readBytes(t, plain);
  for (const packed of [gzipSync(plain), zstdCompressSync(plain)])
    assert.equal((await readBytes(t, packed)).digest, digest);
  assert.notEqual((await readBytes(t, plain.subarray(1))).digest, digest);
});

// Incompressible text, so every part of the compressed file is unique.
const noise = Buffer.from(randomBytes(200_000).toString('hex'));
const damage = (bytes: Buffer) => {
  const damaged = Buffer.from(bytes);
  damaged.fill(0xaa, 20_000, 21_000);
  return damaged;
};

for (const [what, bytes, reason] of [
  ['gzip that is cut off', gzipSync(noise).subarray(0, 50_000), /truncated/],
  ['zstd that is cut off', zstdCompressSync(noise).subarray(0, 50_000), /truncated/],
  ['gzip that is damaged', damage(gzipSync(noise)), /damaged/],
  ['bzip2', Buffer.from('BZh91AY&SY'), /compressed by bzip2\. Unpack it first: bunzip2 FILE/],
  ['xz', Buffer.from('fd377a585a000004', 'hex'), /compressed by xz/],
  ['zip', Buffer.from('504b030414000000', 'hex'), /compressed by zip/],
  ['pg_dump', Buffer.from('PGDMP\u0001\u000e'), /of pg_dump, which is not of MySQL/],
  ['bytes that are no text', Buffer.from('0102030405060700ffee', 'hex'), /not text/],
] as const) {
  test(`a file of ${what} is refused with the reason`, async (t) => {
    await assert.rejects(readBytes(t, bytes), { code: 'DUMP_REFUSED', message: reason });
  });
}

test('a missing file is refused with the reason', async () => {
  const readAll = async (file: string) => {
    for await (const chunk of openDump(file).chunks) assert.fail(chunk);
  };
  await assert.rejects(readAll(join(tmpdir(), randomBytes(8).toString('hex'))), {
    code: 'DUMP_REFUSED',
    message: /file does not exist/,
  });
  await assert.rejects(readAll(tmpdir()), { code: 'DUMP_REFUSED', message: /a folder/ });
});
