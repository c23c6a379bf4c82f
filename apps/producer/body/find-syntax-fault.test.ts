import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSyntaxFault } from './find-syntax-fault.ts';

const end = undefined;

for (const [text, character, index] of [
  ['', end, undefined],
  [' \n', end, undefined],
  ['x', 1, undefined],
  ['{"a":1,}', 8, undefined],
  ['{"a" 1}', 6, undefined],
  ['{"a":}', 6, undefined],
  ['{a:1}', 2, undefined],
  ['{"a":1', end, undefined],
  ['{"a":[1,2}', 10, undefined],
  ['{"a":1}}', 8, undefined],
  ['{"a":1} {"a":2}', 9, undefined],
  ['{1:2}', 2, undefined],
  ['{"a":"b\nc"}', 8, undefined],
  [String.raw`{"a":"\x41"}`, 7, undefined],
  [String.raw`{"a":"\u12"}`, 7, undefined],
  ['{"a":"b', end, undefined],
  ['{"a":01}', 7, undefined],
  ['{"a":1.}', 7, undefined],
  ['{"a":.5}', 6, undefined],
  ['{"a":-}', 6, undefined],
  ['{"a":+1}', 6, undefined],
  ['{"a":1e}', 7, undefined],
  ['{"a":NaN}', 6, undefined],
  ['{"a":nul}', 6, undefined],
  ['{"a":1\u00a0}', 7, undefined],
  ["{'a':1}", 2, undefined],
  ['{"a":1} // b', 9, undefined],
  ['1,2', 2, undefined],
  ['[', end, 0],
  ['[]]', 3, 0],
  ['[1,]', 4, 1],
  ['[{"a":1}{"a":2}]', 9, 0],
  ['[{"a":[1,2]},{"a":{"b":[]}},{"a":tru}]', 34, 2],
  ['[{"a":1},\n{"a":1},\r\n\t{"a":"1,2]"', end, 2],
  ['["😀",x]', 7, 1],
  [`${'['.repeat(200_000)}}`, 200_001, 0],
] as const) {
  const where = character === end ? 'the end' : `character ${character}`;
  test(`the fault of ${JSON.stringify(text.slice(0, 40))} is at ${where}${index === undefined ? '' : ` of item ${index}`}`, () => {
    assert.throws(() => JSON.parse(text), SyntaxError);
    assert.deepEqual(findSyntaxFault(text), { character, index });
  });
}
