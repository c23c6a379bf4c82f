import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const fileOf = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

const loggedBy = (script: string) => {
  const source = `
    import { createLogger } from ${fileOf('./logger.ts')};
    import { logConsole } from ${fileOf('./log-console.ts')};
    logConsole(process, createLogger('producer', 'info'));
    ${script}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

for (const method of ['debug', 'error', 'info', 'log', 'trace', 'warn'])
  test(`console.${method} of a library becomes a line of the log`, () => {
    const [line, ...others] = loggedBy(`console.${method}('a\\nb %d', 1, { two: 2 });`);
    assert.deepEqual(
      [line?.['level'], line?.['msg'], line?.['err'], others],
      ['warn', 'a library wrote to the console', 'a\nb 1 { two: 2 }', []],
    );
  });

test('a warning of Node.js becomes a line of the log', () => {
  const [line, ...others] = loggedBy(`process.emitWarning('It is old', 'DeprecationWarning');`);
  assert.deepEqual([line?.['level'], line?.['msg'], others], ['warn', 'Node.js warned', []]);
  assert.match(JSON.stringify(line?.['err']), /DeprecationWarning.*It is old|It is old/);
});
