import { join } from 'node:path';
import { DescribeImagesCommand, DescribeRepositoriesCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import { readEnvironments } from '@sluice/infra/read-environments.ts';
import { connectTo, type Account } from '../aws/account.ts';
import type { Work } from '../cli/command.ts';
import { explainDocker, runDocker } from './docker.ts';
import { CommandError, nameOf } from '../cli/explain.ts';
import { folderOf } from '../folder.ts';

/** The images of a release. They are targets of the Dockerfile and names of repositories. */
const imageNames = ['producer', 'consumer', 'envoy'] as const;

type ImageName = (typeof imageNames)[number];

/**
 * Returns the environment from which another one copies its tested images, by digest. Undefined if
 * the environment builds its own.
 */
export const findSource = async ({ imagesFrom }: Environment): Promise<Environment | undefined> =>
  imagesFrom === undefined ? undefined : (await readEnvironments()).find(({ name }) => name === imagesFrom);

/** The registry of an environment: its address and its account. */
export type Registry = {
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly profile?: string;
};

/** Returns the registry of an environment. */
export const registryOf = ({ name, account, region }: Environment, profile?: string): Registry => ({
  environment: name,
  account,
  region,
  ...(profile === undefined ? {} : { profile }),
});

type Wanted = { readonly own: Registry; readonly tag: string };

const repositoryOf = (environment: string, image: ImageName): string => `sluice-${environment}/${image}`;

/** Returns the digest of an image. Undefined if there is none with this tag. */
const findDigest = async (
  { ecr }: Account,
  { environment, account }: Registry,
  image: ImageName,
  tag: string,
): Promise<string | undefined> => {
  try {
    const { imageDetails } = await ecr.send(
      new DescribeImagesCommand({
        registryId: account,
        repositoryName: repositoryOf(environment, image),
        imageIds: [{ imageTag: tag }],
      }),
    );
    return imageDetails?.[0]?.imageDigest;
  } catch (error) {
    if (['ImageNotFoundException', 'RepositoryNotFoundException'].includes(nameOf(error))) return undefined;
    throw error;
  }
};

/** Returns the images of a tag that an environment has, with their digests. */
const findImages = async (registry: Registry, tag: string): Promise<Map<ImageName, string>> => {
  const account = connectTo(registry.region, registry.profile);
  const found = new Map<ImageName, string>();
  for (const image of imageNames) {
    const digest = await findDigest(account, registry, image, tag);
    if (digest !== undefined) found.set(image, digest);
  }
  return found;
};

// Every call names the registry's account. Without it, ECR answers about the caller's own registry,
// and the caller may be the role of another account.
const addressOf = async (
  { ecr }: Account,
  { environment, account: registryId }: Registry,
  image: ImageName,
): Promise<string> => {
  const repositoryNames = [repositoryOf(environment, image)];
  const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ registryId, repositoryNames }));
  const address = repositories?.[0]?.repositoryUri;
  if (address === undefined) throw new Error(`ECR returned no address of ${repositoryNames.join()}`);
  return address;
};

/**
 * Logs docker in to a registry while `use` runs, and logs it out afterwards. A token is valid for
 * every registry that its caller may read ("Private registry authentication" of the ECR guide). The
 * password is sent through a pipe.
 */
const withLogin = async <Result>(
  work: Work,
  registry: Registry,
  logFile: string,
  use: () => Promise<Result>,
): Promise<Result> => {
  const account = connectTo(registry.region, registry.profile);
  const { authorizationData } = await account.ecr.send(new GetAuthorizationTokenCommand({}));
  const [login] = authorizationData ?? [];
  const [user = '', password = ''] = Buffer.from(login?.authorizationToken ?? '', 'base64')
    .toString()
    .split(':');
  const host = (await addressOf(account, registry, imageNames[0])).split('/', 1).join();
  const options = { logFile, signal: work.signal };
  const ended = await runDocker(['login', '--username', user, '--password-stdin', host], {
    ...options,
    input: password,
  });
  if (ended.status !== 0) throw new CommandError([explainDocker(`docker login ${host}`, ended, logFile)]);
  try {
    return await use();
  } finally {
    // An interrupted command leaves a login that expires within 12 hours.
    if (!work.signal.aborted) await runDocker(['logout', host], options);
  }
};

const run = async (work: Work, doing: string, args: readonly string[], logFile: string): Promise<void> => {
  const ended = await runDocker(args, {
    logFile,
    signal: work.signal,
    onLine: (line) => work.progress.status(`${doing}: ${line}`),
  });
  if (ended.status !== 0) throw new CommandError([explainDocker(doing, ended, logFile)]);
};

/** Confirms that ECR has an image after docker has succeeded. Throws otherwise. */
const confirm = async (account: Account, { own, tag }: Wanted, image: ImageName, digest?: string): Promise<string> => {
  const found = await findDigest(account, own, image, tag);
  if (found !== undefined && (digest === undefined || found === digest)) return found;
  const where = `${repositoryOf(own.environment, image)}:${tag}`;
  const what =
    found === undefined ? 'Docker pushed an image that ECR does not have' : `ECR has ${found} instead of ${digest}`;
  throw new CommandError([{ what, where, fix: 'run the same command again' }]);
};

/** Builds and pushes missing images. Throws a {@link CommandError} with docker's message. */
export const buildImages = async (work: Work, wanted: Wanted): Promise<void> => {
  const { own, tag } = wanted;
  const account = connectTo(own.region);
  const there = await findImages(own, tag);
  for (const [image, digest] of there) work.progress.line(`= ${image} exists: ${tag} ${digest}`);
  const missing = imageNames.filter((image) => !there.has(image));
  if (missing.length === 0) return;
  const logFile = join(folderOf(own.environment), 'docker.log');
  await withLogin(work, own, logFile, async () => {
    for (const image of missing) {
      const address = `${await addressOf(account, own, image)}:${tag}`;
      const build = ['build', '--platform', 'linux/arm64', '--target', image, '--tag', address, '.'];
      await run(work, `docker build ${image}`, build, logFile);
      await run(work, `docker push ${image}`, ['push', address], logFile);
      work.progress.line(`✓ ${image} built and pushed: ${tag} ${await confirm(account, wanted, image)}`);
    }
  });
};

/**
 * Copies another environment's images of the same commit by digest. Throws a {@link CommandError}
 * if one of them is missing: untested images are not promoted.
 */
export const promoteImages = async (work: Work, wanted: Wanted, source: Registry, sourceTag: string): Promise<void> => {
  const { own, tag } = wanted;
  const from = connectTo(source.region, source.profile);
  const to = connectTo(own.region);
  const sources = await findImages(source, sourceTag);
  const absent = imageNames.filter((image) => !sources.has(image));
  if (absent.length > 0) {
    const what = `${source.environment} has no ${absent.join(', ')} of ${sourceTag}, and ${own.environment} takes only images that ran there`;
    const fix = `npm run deploy -- ${source.environment}, from the same commit`;
    throw new CommandError([{ what, where: `ECR of ${source.account} in ${source.region}`, fix }]);
  }
  const there = await findImages(own, tag);
  const logFile = join(folderOf(own.environment), 'docker.log');
  const copy = async () => {
    for (const [image, digest] of sources) {
      if (there.get(image) === digest) {
        work.progress.line(`= ${image} exists: ${tag} ${digest}`);
        continue;
      }
      const origin = `${await addressOf(from, source, image)}@${digest}`;
      const target = `${await addressOf(to, own, image)}:${tag}`;
      const args = ['buildx', 'imagetools', 'create', '--prefer-index=false', '--tag', target, origin];
      await run(work, `docker buildx imagetools create ${image}`, args, logFile);
      work.progress.line(`✓ ${image} copied from ${source.environment}: ${await confirm(to, wanted, image, digest)}`);
    }
  };
  const isSameRegistry = source.account === own.account && source.region === own.region;
  await withLogin(work, own, logFile, () => (isSameRegistry ? copy() : withLogin(work, source, logFile, copy)));
};
