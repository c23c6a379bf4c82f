import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideEachOther, figureOf, type Row } from '../parts/row.ts';
import { besideChart, reachChart } from './charts.ts';
import { insertRun } from './insert-run.ts';
import { alignCells, tableCells } from './table.ts';

const rows: readonly Row[] = [
  {
    measure: 'GET',
    ...besideEachOther([{ one: 1_000, other: 2_000 }], 'a | limit', 'requests/s'),
    reach: { is: 'at least', value: 0.85 },
  },
  { measure: 'A start < 3', figure: figureOf([2.5], 's', 1), reach: { is: 'at most', value: 3 } },
  { measure: 'Listeners', figure: figureOf([7], 'kB') },
];

test('a run is put between the markers, in the place of the last one, and what stands around them stays', () => {
  const [begin, end] = ['<!-- npm run bench writes from here -->', '<!-- to here -->'];
  const first = insertRun(`before\n${begin}\nold\n${end}\nafter\n`, rows, ['Commit: abc']);
  assert.match(first, /^before\n/);
  assert.match(first, /\nafter\n$/);
  assert.doesNotMatch(first, /old/);
  assert.match(first, /- Commit: abc\n/);
  assert.match(
    first,
    /\| GET +\| 1,000 requests\/s \| 2,000 requests\/s: a \\\| limit \| 0\.50 .* \| ≥ 0\.85 \| NOT MET \|/,
  );
  assert.equal(insertRun(first, rows, ['Commit: abc']), first);
  const lengths = [...first.matchAll(/^\|.*\|$/gm)].map(([line]) => line.length);
  assert.equal(new Set(lengths).size, 1, 'columns are not aligned');
  assert.throws(() => insertRun('no markers', rows, []), /must have the lines/);
});

test('the columns of the printed table are aligned, and a row without a reach has no verdict', () => {
  const [head = '', ...lines] = alignCells(tableCells(rows)).split('\n');
  const column = head.indexOf('reach');
  assert.equal(lines[0]?.slice(column), '≥ 0.85  NOT MET');
  assert.equal(lines[1]?.slice(column), '≤ 3     met');
  assert.equal(lines[2]?.slice(column), '');
});

test('a chart shows a missed reach as one, ends its bar before the line, and escapes what it says', () => {
  const chart = reachChart(rows);
  const bars = [...chart.matchAll(/class="(met|missed)" x="\d+" y="\d+" width="([\d.]+)"/g)];
  const line = Number(/class="line" d="M([\d.]+)/.exec(chart)?.[1]);
  const start = Number(/<rect class="missed" x="(\d+)"/.exec(chart)?.[1]);
  assert.deepEqual(
    bars.map(([, verdict, width]) => [verdict, start + Number(width) >= line]),
    [
      ['missed', false],
      ['met', true],
    ],
  );
  assert.match(chart, /A start &lt; 3/);
  assert.match(besideChart(rows), /beside: a \| limit/);
});
