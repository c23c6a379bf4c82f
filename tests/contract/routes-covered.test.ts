import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createOpenapi, type OpenapiDocument } from '@sluice/contract/openapi.ts';
import { repository } from '@sluice/local/folder.ts';

// A test of the producer must see each answer that the contract names. `assertAnswer`
// (apps/producer/test-server.test.ts) checks an answer against the contract and then notes it in
// the test's report. This file runs those tests and reads their reports. So a test that is skipped,
// removed or stops earlier proves nothing.

// It takes minutes on a busy machine.
const longestRunMs = 900_000;

const answersOf = ({ paths }: Pick<OpenapiDocument, 'paths'>): string[] =>
  Object.values(paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => `${operationId} ${status}`));

const seenIn = (report: string): Set<string> =>
  new Set([...report.matchAll(/^ *# answers (\w+ \d{3})$/gm)].map(([, answer = '']) => answer));

const findUnseen = (document: Pick<OpenapiDocument, 'paths'>, report: string): string[] => {
  const seen = seenIn(report);
  return answersOf(document).filter((answer) => !seen.has(answer));
};

/** The tests that check answers. The others would run a second time here for nothing. */
const files = globSync('apps/producer/**/*.test.ts', { cwd: repository }).filter((file) =>
  readFileSync(join(repository, file), 'utf8').includes('assertAnswer('),
);

/** Runs the producer's tests of answers and gives back their report (TAP). */
const runProducerTests = async (): Promise<string> => {
  // With it, Node takes the child for a part of this very test and does not run it.
  const { NODE_TEST_CONTEXT: _inherited, ...environment } = process.env;
  const child = spawn(process.execPath, ['--test', '--test-concurrency=3', '--test-reporter=tap', ...files], {
    cwd: repository,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [report, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0, report);
  return report;
};

test('a test has seen each answer of each route, as in the contract', { timeout: longestRunMs }, async () => {
  const report = await runProducerTests();
  const document = createOpenapi();
  assert.deepEqual(findUnseen(document, report), []);

  // An answer more in the contract would be missed, and so would a test less.
  const { paths } = document;
  const root = paths['/']?.['get'];
  assert.ok(root !== undefined);
  const more = { ...root, responses: { ...root.responses, 418: { description: 'A teapot.' } } };
  assert.deepEqual(findUnseen({ paths: { ...paths, '/': { get: more } } }, report), ['root 418']);
  assert.deepEqual(findUnseen(document, report.replaceAll('answers postCounts 422', '')), ['postCounts 422']);
});
