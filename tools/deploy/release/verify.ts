import { GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, type Service } from '@aws-sdk/client-ecs';
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import type { Account } from '../aws/account.ts';
import { stackNameOf } from '../cloudformation/assembly.ts';
import type { Work } from '../cli/command.ts';
import { findResources, listResources, type DeployedResource } from '../cloudformation/describe-stack.ts';
import { CommandError } from '../cli/explain.ts';
import { waitUntil, type State } from '../cli/wait-until.ts';

/** The checked resources of an environment's `app` stack, by their names in AWS. */
export type Parts = {
  readonly cluster: string;
  readonly services: readonly string[];
  readonly targets: string;
  readonly bucket: string;
  readonly distribution: string;
  readonly logGroups: readonly string[];
};

/**
 * Finds the checked resources of an environment. Throws a {@link CommandError} if one is missing.
 */
export const findParts = async (account: Account, environment: string): Promise<Parts> => {
  const stack = stackNameOf(environment, 'app');
  const resources = await listResources(account, stack);
  const one = (type: string, prefix = ''): string => {
    const [found] = findResources(resources, type, prefix);
    if (found !== undefined) return found.physicalId;
    const fix = `npm run deploy -- ${environment}`;
    throw new CommandError([{ what: `There is no ${prefix} ${type}`.replaceAll(/ +/g, ' '), where: stack, fix }]);
  };
  const all = (type: string, prefix = '') =>
    findResources(resources, type, prefix).map(({ physicalId }: DeployedResource) => physicalId);
  return {
    cluster: one('AWS::ECS::Cluster'),
    services: all('AWS::ECS::Service'),
    targets: one('AWS::ElasticLoadBalancingV2::TargetGroup'),
    bucket: one('AWS::S3::Bucket', 'FrontendBucket'),
    distribution: one('AWS::CloudFront::Distribution'),
    logGroups: all('AWS::Logs::LogGroup'),
  };
};

/**
 * Returns what services lack to be steady: all tasks run, and are of one release.
 * @internal
 */
export const checkServices = (services: readonly Service[]): State => {
  const lacks = services.flatMap(({ serviceName = '', deployments = [], runningCount = 0, desiredCount = 0 }) => {
    const [first] = deployments;
    if (first?.rolloutState === 'FAILED')
      return [`${serviceName}: ${first.rolloutStateReason ?? 'the release failed'}`];
    if (deployments.length > 1) return [`${serviceName}: tasks of the previous release still running`];
    if (desiredCount === 0) return [`${serviceName}: the desired number of tasks is 0`];
    return runningCount < desiredCount ? [`${serviceName}: ${runningCount} of ${desiredCount} tasks running`] : [];
  });
  if (services.length === 0) return { lacks: 'there are no services' };
  return lacks.length === 0 ? 'done' : { lacks: lacks.join('; ') };
};

/**
 * Returns the image tags that a service runs. A service that was rolled back is steady too, but
 * runs the previous tags.
 */
const tagsOf = async ({ ecs }: Account, { taskDefinition }: Service): Promise<string[]> => {
  const answer = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
  return (answer.taskDefinition?.containerDefinitions ?? []).map(({ image = '' }) => image.split(':').at(-1) ?? '');
};

type Release = { readonly environment: string; readonly tag: string };

/**
 * Waits until the services are steady and run this release, and the load balancer finds the API's
 * tasks healthy.
 */
export const verifyServices = async (
  work: Work,
  account: Account,
  { environment, tag }: Release,
  parts: Parts,
): Promise<void> => {
  const where = `cluster ${parts.cluster}`;
  const fix = `npm run logs -- ${environment} producer shows the reason; fix it, then deploy again`;
  const limits = { where, fix, longestMin: 15 };
  let services: readonly Service[] = [];
  await waitUntil(work, { what: 'Services', ...limits }, async () => {
    const asked = new DescribeServicesCommand({ cluster: parts.cluster, services: [...parts.services] });
    services = (await account.ecs.send(asked)).services ?? [];
    return checkServices(services);
  });
  for (const service of services) {
    const others = (await tagsOf(account, service)).filter((each) => each !== tag);
    if (others.length === 0) continue;
    const what = `${service.serviceName} was rolled back: it runs ${others.join(', ')} instead of ${tag}`;
    throw new CommandError([{ what, where, fix }]);
  }
  await waitUntil(work, { what: 'Load balancer', ...limits }, async () => {
    const asked = new DescribeTargetHealthCommand({ TargetGroupArn: parts.targets });
    const { TargetHealthDescriptions: targets = [] } = await account.loadBalancing.send(asked);
    // A draining target belongs to the previous release.
    const own = targets.filter(({ TargetHealth }) => TargetHealth?.State !== 'draining');
    const well = own.filter(({ TargetHealth }) => TargetHealth?.State === 'healthy');
    return own.length > 0 && well.length === own.length
      ? 'done'
      : { lacks: `${well.length} of ${own.length} tasks healthy` };
  });
  work.progress.line('✓ the services are stable and run this release, and their tasks are healthy');
};

/** Returns the address of an environment: its domain, or its CloudFront address. */
export const findAddress = async (
  account: Account,
  { domain }: Environment,
  { distribution }: Parts,
): Promise<string> => {
  if (domain !== undefined) return `https://${domain.name}`;
  const { Distribution } = await account.cloudFront.send(new GetDistributionCommand({ Id: distribution }));
  return `https://${Distribution?.DomainName ?? ''}`;
};

// The console takes names encoded twice, with $ instead of %.
const encode = (text: string): string => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');

/** Formats links for monitoring, one line each. */
export const formatLinks = (
  { name, region, hasAlarms }: Environment,
  address: string,
  { logGroups }: Parts,
): string[] => {
  const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`;
  return [
    `page       ${address}`,
    `api        ${address}/api`,
    ...(hasAlarms ? [`dashboard  ${console}#dashboards/dashboard/sluice-${name}`] : []),
    ...logGroups.map((group) => `logs       ${console}#logsV2:log-groups/log-group/${encode(group)}`),
  ];
};
