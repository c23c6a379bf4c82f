import type { AwsRequest, Rule } from './front.ts';

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

/**
 * Returns rules that combine moto's ECR with a real registry. ECR's answers point to the registry.
 * Images pushed to the registry are added to ECR before each query for images.
 */
export const mirrorRegistry = (motoPort: number, registryPort: number): Rule[] => {
  const registry = `127.0.0.1:${registryPort}`;

  const renameHosts: Rule = async ({ service }, ask) => {
    if (service !== 'ecr') return undefined;
    const answer = await ask();
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

const repositoryOf = ({ body }: AwsRequest): string => {
  const asked: unknown = JSON.parse(body.toString());
  return typeof asked === 'object' && asked !== null && 'repositoryName' in asked ? String(asked.repositoryName) : '';
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
