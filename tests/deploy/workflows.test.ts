import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { parse } from 'yaml';
import * as z from 'zod';

const stepSchema = z.object({ uses: z.string().optional(), run: z.string().optional() });
const jobSchema = z.object({
  if: z.string().optional(),
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.string().optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.string()).optional(),
  steps: z.array(stepSchema).default([]),
});
const workflowSchema = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), jobSchema),
});

const folder = join(repository, '.github/workflows');
const workflows = globSync('*.{yml,yaml}', { cwd: folder }).map((name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const { permissions, jobs: own } = workflowSchema.parse(parse(text));
  return { name, text, permissions, own };
});
const jobs = workflows.flatMap(({ name, own }) =>
  Object.entries(own).map(([job, value]) => ({ where: `${name}: ${job}`, job, value })),
);
const steps = jobs.flatMap(({ where, value }) => value.steps.map((step) => ({ where, step })));
const jobsOf = (name: string) => workflows.find((workflow) => workflow.name === name)?.own ?? assert.fail(name);
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')));

test('every action is named by the commit that it is, with its version beside it', () => {
  assert.ok(steps.some(({ step }) => step.uses !== undefined));
  for (const { where, step } of steps)
    if (step.uses !== undefined) assert.match(step.uses, /^[\w-]+\/[\w./-]+@[0-9a-f]{40}$/, where);
  for (const { name, text } of workflows)
    for (const [line] of text.matchAll(/uses: .*@.*/g)) assert.match(line, /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
});

test('a workflow that is called is one of the same commit', () => {
  const called = jobs.flatMap(({ where, value: { uses } }) => (uses === undefined ? [] : [{ where, uses }]));
  assert.ok(called.length > 0);
  for (const { where, uses } of called) {
    assert.match(uses, /^\.\/\.github\/workflows\/[\w-]+\.yml$/, where);
    assert.ok(existsSync(join(repository, uses)), `${where}: ${uses} is not there`);
  }
});

test('what workflows run are scripts that people run too', () => {
  const runs = steps.flatMap(({ where, step: { run } }) => (run === undefined ? [] : [{ where, run }]));
  assert.ok(runs.length > 0);
  for (const { where, run } of runs) {
    const [, script, ci, installer, isAudit] =
      /^(?:npm run ([\w:-]+)(?: .*)?|sudo env "PATH=\$PATH" CI=true bash (\S+)|node (tools\/install\.mjs)|(npm audit) --audit-level=high)$/.exec(
        run,
      ) ?? [];
    const file = ci ?? installer;
    assert.ok(script !== undefined || file !== undefined || isAudit !== undefined, `${where} runs ${run}`);
    if (script !== undefined) assert.ok(script in scripts, `${where}: there is no script ${script}`);
    if (file !== undefined) assert.ok(existsSync(join(repository, file)), `${where}: there is no ${file}`);
    // The name of a branch or an environment must not run as a command.
    assert.doesNotMatch(run, /\$\{\{/, where);
  }
});

test('no workflow knows a key, and none but a deployment may ask for a role', () => {
  for (const { name, text, permissions } of workflows) {
    assert.doesNotMatch(text, /secrets\.|pull_request_target|aws-access-key-id/, name);
    assert.equal(permissions['contents'], 'read', name);
  }
  const asking = jobs.filter(({ value }) => value.permissions?.['id-token'] !== undefined).map(({ job }) => job);
  assert.deepEqual(asking.toSorted(), ['deploy', 'prod', 'stage', 'test']);
  for (const { name, permissions } of workflows) assert.deepEqual(permissions, { contents: 'read' }, name);
});

/**
 * Lists the jobs of a workflow that install or run packages while they hold AWS credentials
 * unnecessarily.
 */
const findEarlyCredentials = (text: string): string[] => {
  const { jobs: found } = workflowSchema.parse(parse(text));
  return Object.entries(found).flatMap(([job, { steps: own }]) => {
    const credentials = own.findIndex(({ uses }) => uses?.startsWith('aws-actions/configure-aws-credentials@'));
    if (credentials === -1) return [];
    const install = own.findIndex(({ run }) => run === 'node tools/install.mjs');
    const isFirst = install !== -1 && install < credentials;
    // All later steps have the credentials, so the step must come as late as possible.
    const isLate = own.slice(credentials + 1).every(({ run }) => run?.startsWith('npm run deploy ') === true);
    return [isFirst ? '' : `${job} installs with credentials`, isLate ? '' : `${job} takes them too early`].filter(
      (fault) => fault !== '',
    );
  });
};

test('packages are installed before there are credentials, without their scripts, and only the deployment has them', () => {
  assert.ok(workflows.some(({ text }) => text.includes('configure-aws-credentials')));
  for (const { name, text } of workflows) assert.deepEqual(findEarlyCredentials(text), [], name);
  // Without the installation step, the deployment installs the missing packages itself.
  const deployment = workflows.find(({ name }) => name === 'deploy.yml') ?? assert.fail();
  const before = deployment.text.replace(/^ +- run: node tools\/install\.mjs\n/m, '');
  assert.deepEqual(findEarlyCredentials(before), ['deploy installs with credentials']);
  const installer = readFileSync(join(repository, 'tools/install.mjs'), 'utf8');
  assert.match(installer, /npm_config_ignore_scripts: 'true'/);
});

test('what is on main goes to test, then to stage, then to prod, each through the environment of its name', () => {
  const { test: first, stage, prod } = jobsOf('pipeline.yml');
  assert.equal(first?.if, "github.ref == 'refs/heads/main' && github.event_name == 'push'");
  assert.deepEqual([first.needs, stage?.needs, prod?.needs], [['check', 'audit'], 'test', 'stage']);
  assert.deepEqual(
    [first, stage, prod].map((job) => job?.with?.['environment']),
    ['test', 'stage', 'prod'],
  );
  assert.equal(jobsOf('deploy.yml')['deploy']?.environment, '${{ inputs.environment }}');
});
