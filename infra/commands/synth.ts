import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findFaults, sayFault } from '../policy/check.ts';
import type { StackTemplate } from '../policy/template.ts';
import { readAssembly } from '../synthesize.ts';

// `npm run synth [-- ENVIRONMENT]`: the templates of all environments, checked, in .sluice/cdk.out (or `--output FOLDER`); then what is in
// them, by kind where an environment is named. It needs neither the network nor an account.

const infra = join(import.meta.dirname, '..');
const {
  positionals: [environment],
  values: { output: folder },
} = parseArgs({
  allowPositionals: true,
  options: { output: { type: 'string', default: join(infra, '../.sluice/cdk.out') } },
});

const countKinds = (templates: readonly StackTemplate[]): [kind: string, count: number][] =>
  Object.entries(
    Object.groupBy(
      templates.flatMap(({ Resources }) => Object.values(Resources)),
      ({ Type }) => Type,
    ),
  )
    .map(([kind, resources]): [string, number] => [kind, resources?.length ?? 0])
    .toSorted(([one], [other]) => one.localeCompare(other));

const list = (templates: readonly StackTemplate[]): void => {
  for (const template of templates) {
    const kinds = countKinds([template]);
    console.log(`${template.stack}: ${kinds.reduce((sum, [, count]) => sum + count, 0)} resources`);
    if (environment === undefined) continue;
    for (const [kind, count] of kinds) console.log(`  ${String(count).padStart(3)} ${kind}`);
  }
};

// What an earlier run left slows the next one down (aws/aws-cdk#38614).
rmSync(folder, { recursive: true, force: true });
const cdk = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));
// Without '**' it exits 0 whatever it finds, because all stacks are in stages.
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [cdk, 'synth', '**', '--quiet', '--strict', '--no-lookups', '--output', folder],
  { cwd: infra, encoding: 'utf8', env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' } },
);
if (status === 0) {
  const templates = readAssembly(folder);
  const shown = templates.filter(({ stack }) => environment === undefined || stack.startsWith(`${environment}/`));
  if (shown.length === 0) console.error(`There is no environment ${environment}`);
  list(shown);
  const faults = await findFaults(templates);
  for (const fault of faults) console.error(sayFault(fault));
  if (faults.length > 0 || shown.length === 0) process.exitCode = 1;
} else {
  console.error(`${stdout}${stderr}`);
  process.exitCode = 1;
}
