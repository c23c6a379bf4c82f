import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { createFolder, start } from '@sluice/test-servers/npm-start.ts';
import { createTableSqlOf } from '@sluice/table/sql.ts';

test('npm start names a fault of a table once, without a stack, and warns of migrations that it does not know', async (t) => {
  // In the repository, so that its imports are found.
  const tables = mkdtempSync(join(import.meta.dirname, '.test-'));
  t.after(() => rmSync(tables, { recursive: true }));
  const folder = createFolder(t);
  const declare = (columns: string) =>
    writeFileSync(
      join(tables, 'index.ts'),
      `import { defineTable } from '@sluice/table/define-table.ts';
       import * as z from 'zod';
       export const tables = [defineTable('vote', { ${columns} })];`,
    );
  const ruleFile = join(tables, 'migrations/002-rule.sql');
  mkdirSync(join(tables, 'migrations'));
  writeFileSync(
    join(tables, 'migrations/001-vote.sql'),
    createTableSqlOf({ name: 'vote', columns: [{ name: 'choice', sqlType: 'VARCHAR(20)', isOptional: false }] }),
  );
  const startHere = async () =>
    start(t, folder, { HTTP_PORT: String(await findFreePort()), TABLES_FILE: join(tables, 'index.ts') });
  /** Starts, expects a failure, and returns the lines of the output from its explanation on. */
  const explanation = async () => {
    const sluice = await startHere();
    const [code] = await sluice.ended;
    assert.equal(code, 1);
    const output = sluice.output();
    assert.doesNotMatch(output, /"level"|\\n|^\s+at /m);
    const [, ...lines] = output.slice(output.indexOf('database-setup failed:')).trimEnd().split('\n');
    return { output, lines };
  };

  declare('choice: z.string(), weight: z.date()');
  const declaration = await explanation();
  assert.deepEqual(
    declaration.lines.map((line) => line.replace(/(index\.ts:\d+: vote\.\w+).*/, '$1')),
    [
      'TABLES_INVALID: The tables are not valid:',
      `  ${join(tables, 'index.ts')}:3: vote.choice`,
      `  ${join(tables, 'index.ts')}:3: vote.weight`,
    ],
  );
  assert.equal(declaration.output.split('vote.choice').length, 2);

  declare('choice: z.string().max(20)');
  writeFileSync(ruleFile, 'CREATE INDEX by_x ON vote (nope)');
  assert.deepEqual((await explanation()).lines, [
    `MIGRATION_FAILED: ${ruleFile}: Key column 'nope' doesn't exist in table (1072). Correct the file, or what the reason names: it is not applied yet.`,
  ]);

  writeFileSync(ruleFile, 'CREATE INDEX by_choice ON vote (choice)');
  const first = await startHere();
  await first.untilUp();
  await first.stop();
  rmSync(ruleFile);
  const second = await startHere();
  await second.untilUp();
  assert.match(second.output(), /files that were removed.*tables\/002-rule\.sql/);
});
