import type { AwsAnswer, AwsRequest, Rule } from './front.ts';

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

/**
 * Returns rules that combine moto's ECR with a real registry. ECR's answers point to the registry.
 * Images pushed to the registry are added to ECR before each query for images.
 */
export const mirrorRegistry = (motoPort: number, registryPort: number, accountId: string): Rule[] => {
  const registry = `127.0.0.1:${registryPort}`;

  const renameHosts: Rule = async (request, ask) => {
    if (request.service !== 'ecr') return undefined;
    const answer = await ask();
    // ECR answers about the caller's own registry unless the request names another one. moto answers
    // about all of them.
    const isOthers =
      request.action === 'DescribeRepositories' &&
      !('registryId' in parse(request.body)) &&
      !answer.body.includes(`"registryId": "${accountId}"`);
    if (isOthers) return refuse('RepositoryNotFoundException');
    const text = answer.body
      .toString()
      .replaceAll(/https:\/\/\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com/g, `http://${registry}`)
      .replaceAll(/\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com/g, registry);
    return { ...answer, body: Buffer.from(text) };
  };

  const bringImages: Rule = async (request) => {
    if (request.service !== 'ecr' || !['BatchGetImage', 'DescribeImages', 'ListImages'].includes(request.action))
      return undefined;
    const repository = repositoryOf(request);
    const bring = async (tag: string) => {
      const headers = { accept: manifestType };
      const answer = await fetch(`http://${registry}/v2/${repository}/manifests/${tag}`, { headers });
      // ECR refuses an image that it has already, which is fine.
      await putImage(motoPort, request, {
        ...parse(request.body),
        repositoryName: repository,
        imageTag: tag,
        imageManifest: await answer.text(),
        imageManifestMediaType: manifestType,
        imageDigest: answer.headers.get('docker-content-digest'),
      });
    };
    const tags = await tagsOf(registry, repository);
    await Promise.all(tags.map(bring));
    return undefined;
  };
  return [renameHosts, bringImages];
};

const refuse = (type: string): AwsAnswer => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: Buffer.from(JSON.stringify({ __type: type, message: 'The repository does not exist in the registry' })),
});

const parse = (body: Buffer): object => {
  const asked: unknown = JSON.parse(body.toString());
  return typeof asked === 'object' && asked !== null ? asked : {};
};

const repositoryOf = ({ body }: AwsRequest): string => {
  const asked = parse(body);
  return 'repositoryName' in asked ? String(asked.repositoryName) : '';
};

const tagsOf = async (registry: string, repository: string): Promise<string[]> => {
  const answer = await fetch(`http://${registry}/v2/${repository}/tags/list`);
  const listed: unknown = await answer.json();
  return typeof listed === 'object' && listed !== null && 'tags' in listed && Array.isArray(listed.tags)
    ? listed.tags.map(String)
    : [];
};

/** Puts an image into ECR with the credentials of `request`. */
const putImage = async (motoPort: number, { headers }: AwsRequest, image: object): Promise<void> => {
  const answer = await fetch(`http://127.0.0.1:${motoPort}/`, {
    method: 'POST',
    headers: {
      authorization: headers.authorization ?? '',
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.PutImage',
    },
    body: JSON.stringify(image),
  });
  await answer.body?.cancel();
};
