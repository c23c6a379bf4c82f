import { monthsOf, reportAll, reportOne } from '../cost/report.ts';
import { UnpricedError } from '../cost/kinds.ts';
import { readEnvironments } from '../read-environments.ts';
import { synthesize } from '../synthesize.ts';
import { readArguments } from './read-arguments.ts';

// `npm run cost [-- ENVIRONMENT]`: computes the cost of a month from the templates. Exit codes: 1 a
// resource has no price, 2 wrong usage.

const {
  positionals: [name, ...others],
} = readArguments('npm run cost [-- ENVIRONMENT]', { allowPositionals: true });
const environments = await readEnvironments();
const names = environments.map((environment) => environment.name);

if (others.length > 0 || (name !== undefined && !names.includes(name))) {
  console.error(`Unknown environment ${[name, ...others].join(' ')}. Choose one of: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  try {
    const wanted = environments.filter((environment) => name === undefined || environment.name === name);
    const months = monthsOf(wanted, synthesize(wanted));
    console.log(name === undefined ? reportAll(months) : months.map(reportOne).join('\n'));
  } catch (error) {
    if (!(error instanceof UnpricedError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
