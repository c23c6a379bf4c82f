import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitStatements } from './split-statements.ts';

const inPieces = async function* (text: string, length: number) {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
};

const split = async (text: string, length = 1): Promise<string[]> => {
  const found: string[] = [];
  for await (const { text: statement, line } of splitStatements(inPieces(text, length))) {
    found.push(`${line}: ${statement.replaceAll(/\s+/g, ' ')}`);
  }
  return found;
};

const scripts: Readonly<Record<string, readonly [script: string, statements: readonly string[]]>> = {
  'semicolons and comment signs in strings': [`A 'x;--\n#/*' ";";\nB`.concat(';'), [`1: A 'x;-- #/*' ";"`, '3: B']],
  'escaped and doubled quotes': [
    `A 'it\\'s;', 'it''s;', "a\\";", \`b\`\`;\`;B;`,
    [`1: A 'it\\'s;', 'it''s;', "a\\";", \`b\`\`;\``, '1: B'],
  ],
  'an escaped backslash at the end of a string': [`A 'x\\\\';B;`, [`1: A 'x\\\\'`, '1: B']],
  'a backslash in backticks, which escapes nothing': ['A `x\\`;B;', ['1: A `x\\`', '1: B']],
  'comments of all kinds': ['-- a;\n# b;\n/* c;\n */ A -- d;\n/* e; */B;', ['4: A B']],
  'two minus signs that are no comment': ['A 5--3;', ['1: A 5--3']],
  'executable comments, kept, also within each other': [
    '/*!40101 SET NAMES utf8 */;\n/*!50001 A /*!50017 B */ C */;\n/*M!100100 D */;',
    ['1: SET NAMES utf8', '2: A B C', '3: D'],
  ],
  "MariaDB's order to its client": ['/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump\n\nA;', ['4: A']],
  'another delimiter for a while': [
    'A;\nDELIMITER ;;\nB; C;;\n delimiter $$ \r\nD;; $$ E $$\nDELIMITER\t;\nF; G delimiter x;',
    ['1: A', '3: B; C', '5: D;;', '5: E', '7: F', '7: G delimiter x'],
  ],
  'the delimiter in strings and comments': ["DELIMITER //\nA '//' /* // */ //\nDELIMITER ;\n", ["2: A '//'"]],
  'empty statements': [';; A;\n;', ['1: A']],
  'lines, counted in strings and escapes too': ["A 'a\nb\\\nc';\nB;", ["1: A 'a b\\ c'", '4: B']],
};

for (const [what, [script, statements]] of Object.entries(scripts)) {
  test(`a script is split with ${what}, wherever the file was cut into pieces`, async () => {
    for (const length of [1, 2, 7, 17, 1_000])
      assert.deepEqual(await split(script, length), statements, `in pieces of ${length}`);
  });
}

test('a statement of 64 MiB is accepted, and a longer one refused with its line', async () => {
  const most = 64 * 1024 * 1024;
  const script = async function* (length: number) {
    yield 'A;\n';
    yield 'B'.repeat(length);
    yield ';';
  };
  const lengths: number[] = [];
  for await (const { text } of splitStatements(script(most))) lengths.push(text.length);
  assert.deepEqual(lengths, [1, most]);
  await assert.rejects(
    async () => {
      for await (const { line } of splitStatements(script(most + 1))) assert.equal(line, 1);
    },
    { code: 'DUMP_REFUSED', message: /^The statement on line 2 is longer than 64 MiB/ },
  );
});

for (const script of ["A;\nB 'x", 'A;\nB', 'A;\n/* x', 'A; B `']) {
  test(`a script that ends within a statement or comment is refused: ${JSON.stringify(script)}`, async () => {
    await assert.rejects(split(script), {
      code: 'DUMP_REFUSED',
      message: /^The file is truncated: .* starts on line [12]\./,
    });
  });
}
