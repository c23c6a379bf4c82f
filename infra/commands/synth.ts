import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findViolations, formatFinding } from '../policy/check.ts';
import type { StackTemplate } from '../policy/template.ts';
import { readAssembly } from '../read-assembly.ts';
import { EnvironmentError, readEnvironments } from '../read-environments.ts';
import { readArguments } from './read-arguments.ts';

// `npm run synth [-- ENVIRONMENT]`: writes the checked templates of one environment, or of all, to
// .sluice/cdk.out (or `--output FOLDER`). Then it lists their resources, by kind if an environment
// is named. It needs neither network nor account.

const infra = join(import.meta.dirname, '..');
const {
  positionals: [environment, ...others],
  values: { output: folder },
} = readArguments('npm run synth [-- ENVIRONMENT] [--output FOLDER]', {
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

/** Runs `cdk synth`. Returns its output if it failed. */
const runCdk = (): string | undefined => {
  // Files of an earlier run slow the next one down (aws/aws-cdk#38614).
  rmSync(folder, { recursive: true, force: true });
  const cdk = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));
  // Without '**' it exits with 0 whatever it finds, because all stacks are in stages.
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...[cdk, 'synth', '**', '--quiet', '--strict', '--no-lookups', '--output', folder],
      ...(environment === undefined ? [] : ['--context', `environment=${environment}`]),
    ],
    { cwd: infra, encoding: 'utf8', env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' } },
  );
  return status === 0 ? undefined : `${stdout}${stderr}`;
};

const run = async (): Promise<string[]> => {
  const names = (await readEnvironments()).map(({ name }) => name);
  if (others.length > 0 || (environment !== undefined && !names.includes(environment)))
    return [`Unknown environment ${[environment, ...others].join(' ')}. Choose one of: ${names.join(', ')}`];
  const failure = runCdk();
  if (failure !== undefined) return [failure];
  const templates = readAssembly(folder);
  list(names.flatMap((name) => templates.filter(({ stack }) => stack.startsWith(`${name}/`))));
  return findViolations(templates).map(formatFinding);
};

try {
  const findings = await run();
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
