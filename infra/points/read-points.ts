import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One point of the table in docs/aws.md: what there is, where, and the test that fails without it. */
export type Point = { readonly what: string; readonly file: string; readonly testFile: string; readonly title: string };

const page = join(import.meta.dirname, '../../docs/aws.md');

/** The points of the table. Throws where a row is not one. */
export const readPoints = (text = readFileSync(page, 'utf8')): Point[] => {
  const [, table = ''] = /<!-- points -->([^]*)<!-- \/points -->/.exec(text) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) => {
    const [, what, file, testFile, title] = /^\| ([^|]+) \| `([^`]+)` \| `([^`]+)`: ([^|]+) \|$/.exec(row) ?? [];
    if (what === undefined || file === undefined || testFile === undefined || title === undefined)
      throw new Error(`docs/aws.md: this is no point: ${row}`);
    return { what, file, testFile, title };
  });
};
