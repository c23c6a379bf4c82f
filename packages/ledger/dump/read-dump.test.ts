import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

// A regular expression that scans the rest of the text from each character would take hours. It
// would block its thread, and no test can stop that. So a separate process reads the dump.
const withinMs = 120_000;
const run = promisify(execFile);
const heap = '--max-old-space-size=256';

/** Reads a dump that repeats `part` within a statement. Returns the values of its rows as text. */
const read = async (before: string, part: string, times: number, after: string): Promise<string> => {
  const program = `
    import { readDump } from ${JSON.stringify(import.meta.resolve('./read-dump.ts'))};
    const chunks = async function* () {
      yield ${JSON.stringify(before)};
      const chunk = ${JSON.stringify(part)}.repeat(10_000);
      for (let at = 0; at < ${times}; at += 10_000) yield chunk;
      yield ${JSON.stringify(after)};
    };
    for await (const { rows } of readDump(chunks())) console.log(rows.map(({ value }) => value).join());
  `;
  const settings = { timeout: withinMs, killSignal: 'SIGKILL' } as const;
  const { stdout } = await run(process.execPath, [heap, '--input-type=module', '--eval', program], settings);
  return stdout.trim();
};

const create = 'CREATE TABLE `count` (';
// The text that is no column comes first, because a pattern that reaches a column matches at once.
const columns = '\nx,\n  `count_value` bigint,\n  `id` int\n);';
const insert = '\nINSERT INTO `count` VALUES (2,1);';

for (const [what, before, part, times, after] of [
  ['newlines in a CREATE TABLE', create, '\n', 16_000_000, columns],
  ['carriage returns and spaces in a CREATE TABLE', create, '\r \t', 1_000_000, columns],
  ['line separators in a CREATE TABLE', create, '\u2028', 2_000_000, columns],
  ['backticks in a CREATE TABLE', create, '\n`', 1_000_000, columns],
  ['spaces before a time zone of two lines', `${create}${columns}SET TIME_ZONE=`, ' ', 2_000_000, 'a\nb;'],
  ['spaces in an INSERT', `${create}${columns}INSERT INTO count `, ' ', 2_000_000, 'VALUES (1,1);'],
  ['quotes', `${create}${columns}SET x=`, "'", 8_000_000, ';'],
  ['comments', `${create}${columns}SET x=`, '/**/', 4_000_000, ';'],
  ['empty statements', `${create}${columns}`, ';\n', 4_000_000, ''],
] as const) {
  test(`a dump with millions of ${what} is read in a small heap, with the right rows`, async () => {
    const rows = await read(before, part, times, after + insert);
    assert.equal(rows.split('\n').at(-1), '2');
  });
}
