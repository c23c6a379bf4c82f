import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toLogLine, toMilliseconds } from './log-lines.ts';

test('a log line has its time, container, task and message', () => {
  const event = { timestamp: 1_700_000_000_123, stream: 'api/api/0123456789abcdef', message: 'up\n' };
  assert.equal(toLogLine(event), '2023-11-14T22:13:20.123Z  api 01234567  up');
});

test('escapes terminal control characters and line breaks in a message', () => {
  const event = { timestamp: 0, stream: 'api/\u009bapi/0', message: '\u001b[2J\u001b]0;owned\u0007 a\r\nb \u202e \n' };
  const escaped = String.raw`\u009bapi 0  \u001b[2J\u001b]0;owned\u0007 a\u000d\u000ab \u202e`;
  assert.equal(toLogLine(event), `1970-01-01T00:00:00.000Z  ${escaped}`);
});

test('accepts a duration of an amount and a unit, and nothing else', () => {
  assert.deepEqual(['30s', '10m', '2h', '1d'].map(toMilliseconds), [30_000, 600_000, 7_200_000, 86_400_000]);
  for (const text of ['', '10', 'm', '1w', '-1m', '1.5h', '10m ago']) assert.equal(toMilliseconds(text), undefined);
});
