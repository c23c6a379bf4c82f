import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

const program = join(import.meta.dirname, 'main.ts');

/** Creates a file of declarations. It is in the repository, so that its imports are found. */
const createTablesFile = (t: TestContext) => {
  const folder = mkdtempSync(join(import.meta.dirname, '.test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'index.ts');
  const declare = (columns: string) =>
    writeFileSync(
      file,
      `import { defineTable } from '@sluice/table/define-table.ts';
       import * as z from 'zod';
       export const tables = [defineTable('vote', { ${columns} })];`,
    );
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
      env: { ...process.env, TABLES_FILE: file },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  return { folder, declare, run, files: () => readdirSync(join(folder, 'migrations')) };
};

test('the command writes what is missing, and the check fails until then', (t) => {
  const { declare, run, files } = createTablesFile(t);
  declare('choice: z.string().max(20)');
  assert.deepEqual(run('--check'), {
    status: 1,
    stdout: '',
    stderr: 'Migrations are missing: 001-vote.sql. Run: npm run tables\n',
  });
  assert.match(run().stdout, /^Wrote \S+001-vote\.sql\nCommit them\./);
  assert.deepEqual(run('--check'), { status: 0, stdout: '', stderr: '' });
  declare('choice: z.string().max(30), weight: z.int().optional()');
  assert.equal(run('--check').status, 1);
  assert.equal(run().status, 0);
  assert.deepEqual(files(), ['001-vote.sql', '002-vote-choice.sql', '003-vote-weight.sql']);
  assert.match(run().stdout, /^The migrations have every declared table and column/);
});

test('a change that no migration may make is refused, and nothing is written', (t) => {
  const { declare, run, files } = createTablesFile(t);
  declare('choice: z.string().max(20)');
  run();
  declare('choice: z.int()');
  for (const words of [[], ['--check']]) {
    const { status, stderr } = run(...words);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /Tables can only grow.*\n {2}vote\.choice: a column cannot change from VARCHAR\(20\) to BIGINT/,
    );
  }
  declare('choice: z.date()');
  const invalid = run();
  assert.equal(invalid.status, 1);
  assert.match(invalid.stderr, /vote\.choice/);
  assert.deepEqual(files(), ['001-vote.sql']);
});

for (const [what, text, message] of [
  [
    'calls what does not exist',
    'export const a = 1;\nz.foo();\n',
    /\n {2}\/.*\/declared\.ts:3: z\.foo is not a function\n$/,
  ],
  [
    'has a fault within a library',
    'export const a = 1;\n\nz.enum(undefined);\n',
    /\n {2}\/.*\/declared\.ts:4: Cannot conv/,
  ],
  ['is no TypeScript', 'export const a = 1;\nexport const b = {,};\n', /\n {2}\/.*\/declared\.ts:3: Unexpected token/],
  [
    'imports what is not exported',
    "import { no } from '@sluice/table/sql.ts';\nno();\n",
    /\n {2}\/.*\/declared\.ts:2: .* named 'no'/,
  ],
  [
    'imports no package',
    "import 'no-such-package';\n",
    /^TABLES_FILE: .*, or a file that it imports, .*\/declared\.ts\n$/,
  ],
  [
    'throws no error',
    'export const a = 1;\nthrow 5;\n',
    /^TABLES_FILE: .*\/index\.ts, or a file that it imports, throws 5\n$/,
  ],
] as const) {
  test(`a file that ${what} is named with its line`, (t) => {
    const { folder, run } = createTablesFile(t);
    writeFileSync(join(folder, 'index.ts'), "import { a } from './declared.ts';\nexport const tables = [a];\n");
    writeFileSync(join(folder, 'declared.ts'), `import * as z from 'zod';\n${text}`);
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.match(stderr, /^TABLES_FILE: .*\/index\.ts/);
    assert.match(stderr, message);
  });
}

test('the tables of the tests have their migrations', () => {
  const file = join(import.meta.dirname, '../../tests/servers/tables.ts');
  execFileSync(process.execPath, [program, '--check'], { env: { ...process.env, TABLES_FILE: file } });
});
