import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import { parse } from 'yaml';
import * as z from 'zod';

const stepSchema = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.boolean(), z.number()])).default({}),
  env: z.record(z.string(), z.string()).default({}),
});
const jobSchema = z.object({
  if: z.string().optional(),
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.string().optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.string()).optional(),
  strategy: z.object({ matrix: z.record(z.string(), z.array(z.string())) }).optional(),
  steps: z.array(stepSchema).default([]),
});
const workflowSchema = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), jobSchema),
});
const triggersSchema = z.object({ on: z.unknown() });

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

test('every action is pinned to a commit, with its version in a comment', () => {
  assert.ok(steps.some(({ step }) => step.uses !== undefined));
  for (const { where, step } of steps)
    if (step.uses !== undefined) assert.match(step.uses, /^[\w-]+\/[\w./-]+@[0-9a-f]{40}$/, where);
  for (const { name, text } of workflows)
    for (const [line] of text.matchAll(/uses: .*@.*/g)) assert.match(line, /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
});

test('a called workflow is a file of the same commit', () => {
  const called = jobs.flatMap(({ where, value: { uses } }) => (uses === undefined ? [] : [{ where, uses }]));
  assert.ok(called.length > 0);
  for (const { where, uses } of called) {
    assert.match(uses, /^\.\/\.github\/workflows\/[\w-]+\.yml$/, where);
    assert.ok(existsSync(join(repository, uses)), `${where}: ${uses} is not there`);
  }
});

test('workflows run only scripts that people can run too', () => {
  const runs = steps.flatMap(({ where, step: { run } }) => (run === undefined ? [] : [{ where, run }]));
  assert.ok(runs.length > 0);
  for (const { where, run } of runs) {
    const [, script, ci, installer, isAudit] =
      /^(?:npm run ([\w:-]+)(?: .*)?|sudo env "PATH=\$PATH"(?: "SERVERS=\$SERVERS")? CI=true bash (\S+)|node (tools\/install\.mjs)|(npm audit) --audit-level=high)$/.exec(
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

test('no workflow has a key, and only a deployment may request a role', () => {
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

test('packages are installed before the credentials exist, without install scripts, and only the deployment has credentials', () => {
  assert.ok(workflows.some(({ text }) => text.includes('configure-aws-credentials')));
  for (const { name, text } of workflows) assert.deepEqual(findEarlyCredentials(text), [], name);
  // Without the installation step, the deployment installs the missing packages itself.
  const deployment = workflows.find(({ name }) => name === 'deploy.yml') ?? assert.fail();
  const before = deployment.text.replace(/^ +- run: node tools\/install\.mjs\n/m, '');
  assert.deepEqual(findEarlyCredentials(before), ['deploy installs with credentials']);
  const installer = readFileSync(join(repository, 'tools/install.mjs'), 'utf8');
  assert.match(installer, /npm_config_ignore_scripts: 'true'/);
});

test('main is deployed to test, then to stage, then to prod, each through the environment of its name', () => {
  const { test: first, stage, prod } = jobsOf('pipeline.yml');
  assert.equal(first?.if, "github.ref == 'refs/heads/main' && github.event_name == 'push'");
  assert.deepEqual([first.needs, stage?.needs, prod?.needs], [['check', 'servers', 'audit'], 'test', 'stage']);
  assert.deepEqual(
    [first, stage, prod].map((job) => job?.with?.['environment']),
    ['test', 'stage', 'prod'],
  );
  assert.equal(jobsOf('deploy.yml')['deploy']?.environment, '${{ inputs.environment }}');
});

test('only a release may write, each job only what it publishes', () => {
  const writing = jobs.flatMap(({ where, value: { permissions = {} } }) =>
    Object.entries(permissions).flatMap(([what, right]) =>
      right === 'write' && what !== 'id-token' ? [`${where}: ${what}`] : [],
    ),
  );
  assert.deepEqual(writing, ['release.yml: images: packages', 'release.yml: release: contents']);
});

test('a tag releases each image for both processors, with its provenance and its bill of materials', () => {
  const { text } = workflows.find(({ name }) => name === 'release.yml') ?? assert.fail();
  assert.deepEqual(triggersSchema.parse(parse(text)).on, { push: { tags: ['v*'] } });
  const { images } = jobsOf('release.yml');
  const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');
  const inCompose = [...readFileSync(join(repository, 'compose.yaml'), 'utf8').matchAll(/target: (\S+)/g)];
  const targets = images?.strategy?.matrix['image'] ?? [];
  assert.deepEqual(targets.toSorted(), [...new Set(inCompose.map(([, target = '']) => target))].toSorted());
  for (const target of targets) assert.match(dockerfile, new RegExp(` AS ${target}$`, 'm'));
  const build = images?.steps.find(({ uses }) => uses?.startsWith('docker/build-push-action@')) ?? assert.fail();
  const { platforms, provenance, sbom, push, target } = build.with;
  assert.deepEqual(
    { platforms, provenance, sbom, push, target },
    {
      platforms: 'linux/amd64,linux/arm64',
      provenance: 'mode=max',
      sbom: true,
      push: true,
      target: '${{ matrix.image }}',
    },
  );
});

test('a release is checked before it publishes anything, and installs packages before its token exists', () => {
  const { check, images, release } = jobsOf('release.yml');
  assert.deepEqual([check?.needs, images?.needs, release?.needs], [undefined, 'check', 'images']);
  assert.ok(check?.steps.some(({ run }) => run === 'npm run release -- "$TAG" --check'));
  assert.deepEqual(
    release?.steps.map(({ run, env }) => [run, Object.keys(env)]),
    [
      [undefined, []],
      ['node tools/install.mjs', []],
      ['npm run release -- "$TAG"', ['TAG', 'GH_TOKEN']],
    ],
  );
});
