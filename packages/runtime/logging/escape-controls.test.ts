import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeControls } from './escape-controls.ts';

const isControl = (code: number): boolean =>
  code < 0x20 ||
  (code >= 0x7f && code <= 0x9f) ||
  [0x061c, 0x200e, 0x200f].includes(code) ||
  (code >= 0x2028 && code <= 0x202e) ||
  (code >= 0x2066 && code <= 0x2069);

test('only characters that control a terminal or the direction of text are escaped', () => {
  for (let code = 0; code <= 0xffff; code += 1) {
    const character = String.fromCharCode(code);
    const escaped = isControl(code) ? `\\u${code.toString(16).padStart(4, '0')}` : character;
    assert.equal(escapeControls(character), escaped);
  }
  assert.equal(escapeControls('ü 😀 שלום 数'), 'ü 😀 שלום 数');
});

test('escaped JSON parses to the same value', () => {
  const value = { text: 'a\u001b[2J\u009b31m\u007f\u202e\u2028\n' };
  const escaped = escapeControls(JSON.stringify(value));
  assert.deepEqual(JSON.parse(escaped), value);
  assert.ok(!Array.from(escaped, (character) => character.charCodeAt(0)).some(isControl), escaped);
});
