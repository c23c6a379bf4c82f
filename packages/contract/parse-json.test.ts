import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from './parse-json.ts';

// Each name that JSON may have to escape, and names that begin like the text of an escape.
const names = ['\\', '\\u00', '"', '\n', '\u0001', 'ü', 'b', 'ab', 'a\\', 'a"', 'a\\u', '😀', '', '1', '__proto__'];

const escapeAll = (name: string): string =>
  Array.from({ length: name.length }, (_, at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
const spellings = (name: string): string[] => [JSON.stringify(name), `"${escapeAll(name)}"`];

/** Returns the names of the object behind the first member, in order. */
const namesIn = (value: unknown): string[] => Object.keys(value as object);

test('JSON.parse misreads names, so this test would see it', () => {
  JSON.parse('{"x":1,"\\\\":1}');
  assert.deepEqual(namesIn(JSON.parse('{"x":1,"\\n":1}')), ['x', '\\'], 'V8 is repaired: use JSON.parse');
});

test('a name is read as it is written, whatever was read before', () => {
  for (const earlier of names.flatMap(spellings)) {
    for (const name of names) {
      for (const spelling of spellings(name)) {
        parseJson(`{"x":1,${earlier}:1}`);
        JSON.parse(`{"x":1,${earlier}:1}`);
        const read = namesIn(parseJson(`{"x":1, ${spelling} \t:1}`));
        assert.deepEqual(read.toSorted(), ['x', name].toSorted(), `${spelling} after ${earlier}`);
      }
    }
  }
});

test('names of one text do not affect each other', () => {
  const text = '[{"x":1,"\\\\":"\\\\"},{"x":1,"\\n":{"\\u0061":[{"\\"":"\\":"}]}},{"\\ud83d\\ude00":null}]';
  assert.deepEqual(parseJson(text), [{ x: 1, '\\': '\\' }, { x: 1, '\n': { a: [{ '"': '":' }] } }, { '😀': null }]);
});

test('the order of names, the last of two equal ones and __proto__ are those of JSON.parse', () => {
  assert.deepEqual(namesIn(parseJson('{"b":1,"\\u0061":2,"c":3,"\\u0031":4}')), ['1', 'b', 'a', 'c']);
  assert.deepEqual(parseJson('{"a":1,"\\u0061":2}'), { a: 2 });
  const value = parseJson('{"\\u005f_proto__":{"a":1}}');
  assert.deepEqual(namesIn(value), ['__proto__']);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test('deep and long texts are read', () => {
  const depth = 200_000;
  const deep = parseJson(`{"\\n":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  assert.deepEqual(namesIn(deep), ['\n']);
  const name = '\n'.repeat(500_000);
  assert.equal(namesIn(parseJson(`{${JSON.stringify(name)}:1}`))[0], name);
});

test('what is not JSON throws the error of JSON.parse', () => {
  for (const text of ['', '{"\\n":}', '{"\\n":1', '{"\\x":1}', '"\\', '\\"a":1']) {
    assert.throws(() => parseJson(text), SyntaxError, text);
  }
});
