import { connectTo, edgeRegion } from '../aws/account.ts';
import { stackNameOf, stackOrder, type StackKind } from '../cloudformation/assembly.ts';
import { runCommand, throwIfInterrupted, UsageError, type Work } from '../cli/command.ts';
import { confirmByName } from '../cli/confirm.ts';
import { findResources, listResources, readDeployedTemplate } from '../cloudformation/describe-stack.ts';
import { CommandError } from '../cli/explain.ts';
import { holdLock } from '../lock/hold-lock.ts';
import { removeOriginGroup, waitForInterfaces } from '../aws/interfaces.ts';
import { findLeftovers, formatLeftovers } from '../aws/leftovers.ts';
import type { Lock } from '../lock/lock.ts';
import { removeLogGroups } from '../aws/log-groups.ts';
import { fetchIdentity, checkIdentity, checkProfile, readProfiles } from '../preflight/identity.ts';
import { listValidationRecords } from '../aws/validation-records.ts';
import { openEnvironment, type Target } from '../cli/questions.ts';
import { removeStack, type Removable } from '../cloudformation/remove-stack.ts';
import { namesIn } from '../cloudformation/resource-names.ts';
import { listRetained } from '../cloudformation/retained.ts';

// `npm run destroy -- [ENV]`: removes an environment, and checks that nothing is left. Exit code 1:
// a billable resource is left.

const usage = `npm run destroy -- [ENV] [--profile P] [--yes --allow-destructive] [--break-lock]
  --yes --allow-destructive  asks no questions, not even for the environment's name
  --break-lock               takes the lock of a killed command`;

type Deployed = Removable & { readonly kind: StackKind };

const placeOf = (kind: StackKind, region: string): string => (kind === 'edge' ? edgeRegion : region);

/** Refuses before any question, so that other accounts see nothing of the environment. */
const prepare = async ({ environment, profile }: Target): Promise<string> => {
  const identity = await fetchIdentity(connectTo(environment.region));
  const profileIssues = checkProfile(profile, readProfiles(process.env));
  const issues = profileIssues.length > 0 ? profileIssues : checkIdentity(identity, environment);
  if (issues.length > 0 || !('arn' in identity)) throw new CommandError(issues);
  return identity.arn;
};

/**
 * Lists the deployed stacks, and the resources that stay: those that a policy retains when their
 * stack goes, and those that other environments use too.
 */
const look = async ({ environment }: Target, { progress }: Work): Promise<Deployed[]> => {
  const { name: own, region, domain } = environment;
  const deployed: Deployed[] = [];
  progress.step(`Resources to delete with ${own}`);
  const stays: string[] = [];
  for (const kind of stackOrder) {
    const name = stackNameOf(own, kind);
    const account = connectTo(placeOf(kind, region));
    const template = await readDeployedTemplate(account, name, `${own}/${kind}`);
    if (template === undefined) continue;
    const resources = await listResources(account, name);
    const labelOf = namesIn(template);
    deployed.push({ kind, name, account, resources, labelOf });
    progress.line(`${name} in ${account.region}: ${resources.length} resources`);
    stays.push(...listRetained(template, labelOf));
  }
  if (deployed.length === 0) progress.line(`No stacks of ${own} are deployed`);
  progress.step('Retained resources');
  for (const each of stays) progress.line(each);
  if (domain !== undefined)
    progress.line(`the records that validate the certificates of ${domain.name}: others may need them`);
  progress.line('the service-linked roles of the account, because all environments of the account use them');
  progress.line('the bootstrap stack of CDK with its assets, because all environments of the account use it');
  return deployed;
};

// Users come before the stacks that they use. The pipeline is last, because its role may be running
// this command.
const order: readonly StackKind[] = ['app', 'foundation', 'registry', 'edge', 'pipeline'];

const removeAll = async (target: Target, work: Work, deployed: readonly Deployed[], lock: Lock): Promise<void> => {
  const { name, region } = target.environment;
  const vpc = findResources(deployed.find(({ kind }) => kind === 'foundation')?.resources ?? [], 'AWS::EC2::VPC')[0];
  for (const kind of order) {
    const own = deployed.find((each) => each.kind === kind);
    if (own === undefined) continue;
    throwIfInterrupted(work.signal);
    await lock.check();
    work.progress.step(`Stack ${own.name}`);
    // Elsewhere a person has protected the resource, and the command stops at it.
    await removeStack(work, own, { unprotects: target.environment.isProtected });
    if (kind === 'app' && vpc !== undefined) {
      await waitForInterfaces(work, own.account, vpc.physicalId, ['CloudFront']);
      await removeOriginGroup(own.account, vpc.physicalId);
    }
  }
  for (const group of await removeLogGroups(connectTo(region), name))
    work.progress.line(`✓ log group ${group} deleted`);
};

const destroy = async (target: Target, work: Work): Promise<number> => {
  const { environment } = target;
  const { name } = environment;
  const arn = await prepare(target);
  // Reads the current state under the lock, so that nobody else can change it.
  await holdLock(target, work, { command: 'destroy', arn }, async (lock) => {
    const deployed = await look(target, work);
    await confirmByName(target, work, 'destroy');
    await removeAll(target, work, deployed, lock);
  });
  work.progress.step('Remaining resources');
  const leftovers = await findLeftovers(work, environment);
  for (const line of formatLeftovers(leftovers)) work.progress.line(line);
  // Records have no tags.
  for (const record of await listValidationRecords(connectTo(environment.region), environment))
    work.progress.line(`retained  ${record}`);
  const billable = leftovers.filter(({ kind }) => kind === 'billable');
  if (billable.length > 0) {
    const what = `Billable resources of ${name} are left: ${billable.map((each) => each.arn).join(', ')}`;
    const fix =
      'run the same command again later, because deleted resources may be listed for some time; delete any others in the console';
    throw new CommandError([{ what, where: environment.region, fix }]);
  }
  work.progress.line(
    `✓ no billable resources of ${name} are left${leftovers.length === 0 ? '' : ', except those retained on purpose'}`,
  );
  return 0;
};

await runCommand(async (work) => {
  const target = await openEnvironment(usage, process.argv.slice(2), work);
  if (target.words.length > 0) throw new UsageError(usage);
  return destroy(target, work);
});
