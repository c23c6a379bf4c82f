import { writeFileSync } from 'node:fs';
import { findViolations, nextBaselines, formatFinding } from '../policy/check.ts';
import { readEnvironments } from '../read-environments.ts';
import { synthesize } from '../synthesize.ts';
import { readArguments } from './read-arguments.ts';

// `npm run baselines [-- --lose-data]`: records the resources that hold data, as they are now.
// Later changes must not lose them.

const { values } = readArguments('npm run baselines [-- --lose-data]', {
  options: { 'lose-data': { type: 'boolean', default: false } },
});
const templates = synthesize(await readEnvironments());
const findings = findViolations(templates, { isLossAccepted: values['lose-data'] });
for (const finding of findings) console.error(formatFinding(finding));
if (findings.length > 0) {
  console.error('Nothing was written. To accept the loss of data, run: npm run baselines -- --lose-data');
  process.exitCode = 1;
} else {
  for (const { file, text } of nextBaselines(templates)) writeFileSync(file, text);
}
