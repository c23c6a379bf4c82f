import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCount } from './parse-count.ts';

for (const [text, value] of [
  ['', 1_700_000_000],
  ['  ', 1_700_000_000],
  ['5', 5],
  ['-12 345', -12_345],
  ['-0', 0],
  ['−5', -5],
  ['–5', -5],
  ['١٢', 12],
  ['１２', 12],
  ['9007199254740991', 9_007_199_254_740_991],
] as const) {
  test(`"${text}" is the count ${value}`, () =>
    assert.deepEqual(parseCount(text, 1_700_000_000_999), { count: value }));
}

for (const locale of [
  'en',
  'de',
  'fr',
  'pl',
  'es',
  'de-CH',
  'sv',
  'hi',
  'en-IN',
  'ar-EG',
  'fa',
  'he',
  'mr',
  'my',
  'ja',
  'pt',
]) {
  test(`what a page in ${locale} shows is parsed to the same count`, () => {
    const format = new Intl.NumberFormat(locale);
    for (const value of [0, 7, -7, 1_234, -12_345, 1_234_567, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]) {
      const shown = format.format(value);
      assert.deepEqual(parseCount(shown, 0, locale), { count: value }, JSON.stringify(shown));
    }
  });
}

for (const [text, locale] of [
  ['1.500', 'en'],
  ['1,500', 'de'],
  ['1,5', 'en'],
  ['1,50,0', 'en'],
  [',500', 'en'],
  ['1,,500', 'en'],
  ['1234,567', 'en'],
] as const) {
  test(`"${text}" is not a count in ${locale}`, () => assert.ok('problem' in parseCount(text, 0, locale)));
}

for (const text of ['1.5', '1e3', 'x', '-', '9007199254740992', '1'.repeat(400)]) {
  test(`"${text.slice(0, 20)}" is not a count`, () => assert.ok('problem' in parseCount(text, 0)));
}
