import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readPoints } from '../points/read-points.ts';
import { removalVariable } from '../points/removal.ts';
import { removals } from '../points/removals.ts';
import { readArguments } from './read-arguments.ts';

// `npm run test:infra-mutations [-- --check]`: removes from the templates what each point of docs/aws.md is, and sees the test of the point fail,
// which passes before. With --check it only looks whether each point has a removal. Exit code 1: one was not seen, or a point has none.

const { values } = readArguments('npm run test:infra-mutations [-- --check]', {
  options: { check: { type: 'boolean', default: false } },
});
const repository = join(import.meta.dirname, '../..');

type Outcome = 'passed' | 'failed' | 'not run';

const runTest = (file: string, title: string, removal?: string): Outcome => {
  const pattern = `^${title.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}$`;
  const { stdout } = spawnSync(
    process.execPath,
    ['--test', '--test-reporter=tap', `--test-name-pattern=${pattern}`, file],
    {
      cwd: repository,
      encoding: 'utf8',
      timeout: 120_000,
      env: { ...process.env, ...(removal === undefined ? {} : { [removalVariable]: removal }) },
    },
  );
  const line = stdout.split('\n').find((each) => each.includes(` - ${title}`));
  if (line === undefined) return 'not run';
  return line.trim().startsWith('not ok') ? 'failed' : 'passed';
};

const points = readPoints();
const known = points.flatMap(({ what, testFile, title }) => {
  const removal = removals[title];
  return removal === undefined ? [] : [{ what, testFile, title, removal }];
});
const titles = new Set(points.map(({ title }) => title));
const faults = [
  ...points
    .filter(({ title }) => removals[title] === undefined)
    .map(({ what }) => `${what}: nothing is removed for it`),
  ...Object.keys(removals)
    .filter((title) => !titles.has(title))
    .map((title) => `${title}: is the test of no point`),
];

if (!values.check) {
  for (const { what, testFile, title, removal } of known) {
    const [before, without] = [runTest(testFile, title), runTest(testFile, title, removal)];
    const isSeen = before === 'passed' && without === 'failed';
    console.log(`${isSeen ? 'seen  ' : 'MISSED'} ${what}: without ${removal} ${without}, with it ${before}: ${title}`);
    if (!isSeen) faults.push(`${what}: with ${removal} ${before}, without it ${without}`);
  }
}
for (const fault of faults) console.error(fault);
console.log(`${points.length} points, ${faults.length} with a fault`);
if (faults.length > 0) process.exitCode = 1;
