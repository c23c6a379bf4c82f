import { readFileSync, writeFileSync } from 'node:fs';
import { routesTable, variablesTable } from './tables.ts';

// `npm run docs` writes the tables of docs/reference from the schemas. With `--check` it fails
// when they are stale.

const tables = [
  { name: 'routes', file: 'docs/reference/api.md', table: routesTable },
  { name: 'variables', file: 'docs/reference/configuration.md', table: variablesTable },
];
const isCheck = process.argv.includes('--check');

for (const { name, file, table } of tables) {
  const url = new URL(`../../${file}`, import.meta.url);
  const before = readFileSync(url, 'utf8');
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(before)) throw new Error(`${file} has no <!-- ${name} --> … <!-- /${name} --> for the table`);
  const after = before.replace(place, (_all, start: string, end: string) => `${start}\n${table()}\n\n${end}`);
  if (!isCheck) writeFileSync(url, after);
  else if (after !== before) {
    process.stderr.write(`${file} is out of date. Run: npm run docs\n`);
    process.exitCode = 1;
  }
}
