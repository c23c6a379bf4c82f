import { readFileSync, writeFileSync } from 'node:fs';
import { routesTable, variablesTable } from './tables.ts';

// `npm run readme` writes the tables of README.md that schemas say; with `--check` it fails when they are stale.

const file = new URL('../../README.md', import.meta.url);
const tables = { routes: routesTable, variables: variablesTable };

const before = readFileSync(file, 'utf8');
let after = before;
for (const [name, table] of Object.entries(tables)) {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(after)) throw new Error(`README.md has no <!-- ${name} --> … <!-- /${name} --> to put the table in`);
  after = after.replace(place, (_all, start: string, end: string) => `${start}\n${table()}\n\n${end}`);
}

if (process.argv.includes('--check')) {
  if (after !== before) {
    process.stderr.write('The tables of README.md are not what the schemas say. Run: npm run readme\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, after);
}
