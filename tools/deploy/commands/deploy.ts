import { join } from 'node:path';
import type { StackTemplate } from '@sluice/infra/policy/template.ts';
import { describeAccess } from '@sluice/infra/schema/api-access.ts';
import { connectTo, edgeRegion, type Account } from '../aws/account.ts';
import { findTokensSecret, readToken, showCommandOf } from '../aws/api-token.ts';
import { stackNameOf, synthesize, type Assembly, type StackKind } from '../cloudformation/assembly.ts';
import { runCdk, formatCdkFailure } from '../cloudformation/cdk.ts';
import { runCommand, throwIfInterrupted, UsageError, type Work } from '../cli/command.ts';
import { askerOf, confirmByName } from '../cli/confirm.ts';
import { deployStack } from '../cloudformation/deploy-stack.ts';
import { describeStack, listResources, readDeployedTemplate } from '../cloudformation/describe-stack.ts';
import { orderOfEdge, type EdgeOrder } from '../cloudformation/edge-order.ts';
import { CommandError, formatIssue } from '../cli/explain.ts';
import { folderOf } from '../folder.ts';
import { tagOf, type GitState } from '../release/git-state.ts';
import { holdLock } from '../lock/hold-lock.ts';
import { buildImages, promoteImages, registryOf, findSource } from '../release/images.ts';
import { buildPage, uploadPage } from '../release/page.ts';
import { planOf, formatPlan } from '../cloudformation/plan.ts';
import { removeStack } from '../cloudformation/remove-stack.ts';
import { namesIn } from '../cloudformation/resource-names.ts';
import { runPreflight, type Readiness } from '../preflight/preflight.ts';
import { createServiceRoles } from '../preflight/service-roles.ts';
import { openEnvironment, type Target } from '../cli/questions.ts';
import { fetchRequiredStep } from '../cloudformation/stack-status.ts';
import { smokeTest } from '../release/smoke-test.ts';
import { findAddress, findParts, formatLinks, verifyServices } from '../release/verify.ts';

// `npm run deploy -- [ENV]`: deploys the sources to a working environment. It is safe to re-run.

const usage = `npm run deploy -- [ENV] [--profile P] [--yes [--allow-destructive]] [--break-lock] [--images-profile P]
  --yes                asks no questions
  --allow-destructive  with --yes: allows deleting and replacing resources
  --break-lock         takes the lock of a killed deployment
  --images-profile     for prod: the profile that reads the images of stage, if stage is in another account`;

/**
 * Runs the preflight checks, and stops at problems that would stop the deployment later. It offers
 * to run `cdk bootstrap` where that is the fix, and creates missing service-linked roles.
 */
const prepare = async (target: Target, work: Work): Promise<Readiness & { readonly git: GitState }> => {
  const { environment } = target;
  const { progress } = work;
  progress.step('Preflight');
  const endpoint = process.env['AWS_ENDPOINT_URL'] ?? '';
  if (endpoint !== '') progress.warn(`AWS_ENDPOINT_URL is set: the command calls ${endpoint} instead of AWS`);
  const ready = await runPreflight(target, work);
  for (const note of ready.notes) progress.warn(note);
  const ask = askerOf(target, work);
  const offered = ready.issues.length === 0 && ask !== undefined ? ready.unbootstrapped : [];
  if (offered.length > 0 && ask !== undefined) {
    for (const issue of ready.bootstrapIssues) progress.line(formatIssue(issue));
    if (await ask('Run cdk bootstrap now')) {
      await bootstrap(work, environment, offered);
      return prepare(target, work);
    }
  }
  const issues = [...ready.issues, ...ready.bootstrapIssues];
  const { git } = ready;
  if (issues.length > 0 || git === undefined) throw new CommandError(issues);
  await provideServiceRoles(work, environment, ready.servicesWithoutRole);
  progress.line(`✓ ${ready.arn}, ${environment.name} in ${environment.region}`);
  return { ...ready, git };
};

/** Creates missing service-linked roles. They cost nothing, and all environments use them. */
const provideServiceRoles = async (
  { progress }: Work,
  environment: Target['environment'],
  services: readonly string[],
): Promise<void> => {
  if (services.length === 0) return;
  const issues = await createServiceRoles(connectTo(environment.region), services, environment);
  if (issues.length > 0) throw new CommandError(issues);
  progress.line(`✓ service-linked roles created: ${services.join(', ')}`);
};

const bootstrap = async (
  work: Work,
  { name, account }: Target['environment'],
  places: readonly string[],
): Promise<void> => {
  const logFile = join(folderOf(name), 'cdk.log');
  for (const region of places) {
    work.progress.status(`Bootstrapping ${region} …`);
    const ended = await runCdk(['bootstrap', `aws://${account}/${region}`], {
      logFile,
      signal: work.signal,
    });
    const what = formatCdkFailure(ended);
    if (ended.status !== 0)
      throw new CommandError([
        {
          what,
          where: `cdk bootstrap (${logFile})`,
          fix: 'correct the reported error, then run the same command again',
        },
      ]);
    work.progress.line(`✓ ${region} bootstrapped`);
  }
};

/**
 * Shows the changes and their cost, and asks for confirmation if something is destroyed. Returns the
 * place of the edge stack in the order.
 */
const plan = async (target: Target, work: Work, assembly: Assembly, tag: string): Promise<EdgeOrder> => {
  const { environment, isAsking } = target;
  work.progress.step('Plan');
  const changes = [];
  const oldEdge = await findOldEdge(environment.name, assembly);
  if (oldEdge !== undefined) changes.push({ before: oldEdge, after: { ...oldEdge, Resources: {} } });
  for (const { id, name, region, template } of assembly.stacks) {
    const account = connectTo(region);
    // A stack that never came up is removed and created again.
    const isNew = (await fetchRequiredStep(account, name)) === 'removal';
    changes.push({ before: isNew ? undefined : await readDeployedTemplate(account, name, id), after: template });
  }
  const planned = planOf(changes, environment.region);
  for (const line of formatPlan(planned)) work.progress.line(line);
  const app = await describeStack(connectTo(environment.region), stackNameOf(environment.name, 'app'));
  const running = app?.Parameters?.find(({ ParameterKey }) => ParameterKey === 'ImageTag')?.ParameterValue;
  work.progress.line(`Images: ${running ?? 'none'} → ${tag}`);
  work.progress.line(`The API is ${describeAccess(environment.api)}`);
  const isUsed = changes.some(({ before, after }) => before !== undefined && after.stack === `${environment.name}/app`);
  const order = isUsed ? orderOfEdge(environment.name, planned.changes) : 'first';
  if (typeof order !== 'string') throw new CommandError([order]);
  if (planned.changes.some(({ isDestructive }) => isDestructive)) {
    await confirmByName(target, work, 'deploy');
    return order;
  }
  const ask = askerOf(target, work);
  if (!isAsking || (await ask?.('Deploy')) === true) return order;
  throw new CommandError([
    {
      what: 'Nothing was deployed: the deployment was not confirmed',
      where: `deploy ${environment.name}`,
      fix: 'to deploy, run the same command again and confirm',
    },
  ]);
};

/** Returns the template of an edge stack that the environment no longer needs. */
const findOldEdge = async (environment: string, { stacks }: Assembly): Promise<StackTemplate | undefined> =>
  stacks.some(({ kind }) => kind === 'edge')
    ? undefined
    : readDeployedTemplate(connectTo(edgeRegion), stackNameOf(environment, 'edge'), `${environment}/edge`);

/** Deletes an edge stack that the environment no longer needs, once nothing uses it. */
const removeOldEdge = async (work: Work, environment: string, assembly: Assembly): Promise<void> => {
  const template = await findOldEdge(environment, assembly);
  if (template === undefined) return;
  const [name, account] = [stackNameOf(environment, 'edge'), connectTo(edgeRegion)];
  work.progress.step(`Stack ${name}`);
  const resources = await listResources(account, name);
  await removeStack(work, { name, account, resources, labelOf: namesIn(template) }, { unprotects: false });
};

/**
 * Brings the images of a release into the environment's registry: built here, or copied from the
 * environment that tested them.
 */
const provideImages = async (target: Target, work: Work, git: GitState, tag: string): Promise<void> => {
  const { environment, flags } = target;
  work.progress.step('Images');
  const own = registryOf(environment);
  const source = await findSource(environment);
  if (source === undefined) return buildImages(work, { own, tag });
  const profile = flags['images-profile'];
  return promoteImages(
    work,
    { own, tag },
    registryOf(source, typeof profile === 'string' ? profile : undefined),
    tagOf(source.name, { commit: git.commit, changes: undefined }),
  );
};

const deploy = async (target: Target, work: Work): Promise<void> => {
  const { environment } = target;
  const { name } = environment;
  const ready = await prepare(target, work);
  const tag = tagOf(name, ready.git);
  await holdLock(target, work, { command: 'deploy', arn: ready.arn }, async (lock) => {
    const assembly = await synthesize(name, work);
    const edge = await plan(target, work, assembly, tag);
    const account = connectTo(environment.region);
    const stack = async (kind: StackKind, parameters: Readonly<Record<string, string>> = {}): Promise<void> => {
      const own = assembly.stacks.find((each) => each.kind === kind);
      if (own === undefined) return;
      throwIfInterrupted(work.signal);
      await lock.check();
      work.progress.step(`Stack ${own.name}`);
      const place: Account = own.region === account.region ? account : connectTo(own.region);
      await deployStack(work, place, assembly, own, parameters);
      work.progress.line(`✓ ${own.name} is up to date`);
    };
    await stack('pipeline');
    if (edge === 'first') await stack('edge');
    await stack('registry');
    await provideImages(target, work, ready.git, tag);
    await stack('foundation');
    await stack('app', { ImageTag: tag });
    if (edge === 'last') await stack('edge');
    throwIfInterrupted(work.signal);
    await lock.check();
    await removeOldEdge(work, name, assembly);
    const parts = await findParts(account, name);
    work.progress.step('Page');
    const page = await buildPage(name, work);
    await lock.check();
    await uploadPage(work, account, parts, page);
    work.progress.step('Verification');
    await verifyServices(work, account, { environment: name, tag }, parts);
    const address = await findAddress(account, environment, parts);
    const { api } = environment;
    const secret = api.access === 'open' ? undefined : await findTokensSecret(account, environment, api);
    const token = secret === undefined ? {} : { token: await readToken(account, secret) };
    await smokeTest(work, address, page, { api, ...token });
    work.progress.step(`${name} runs ${tag}`);
    for (const line of formatLinks(environment, address, parts)) work.progress.line(line);
    if (secret !== undefined) work.progress.line(`tokens     ${showCommandOf(secret, environment.region)}`);
  });
};

await runCommand(async (work) => {
  const target = await openEnvironment(usage, process.argv.slice(2), work, { 'images-profile': { type: 'string' } });
  if (target.words.length > 0) throw new UsageError(usage);
  await deploy(target, work);
  return 0;
});
