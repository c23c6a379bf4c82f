import { createHash } from 'node:crypto';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { EmulatedAccount } from './account.ts';

const images = ['producer', 'consumer', 'envoy'];
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

/** Creates the registry of an environment in another account, with images of one tag. */
export const plantImages = async (
  { motoPort, registry }: Pick<EmulatedAccount, 'motoPort' | 'registry'>,
  { environment, account, tag }: { readonly environment: string; readonly account: string; readonly tag: string },
): Promise<void> => {
  const ecr = new ECRClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${motoPort}`,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  });
  for (const image of images) {
    const repositoryName = `sluice-${environment}/${image}`;
    await ecr.send(new CreateRepositoryCommand({ repositoryName, registryId: account }));
    const address = `http://127.0.0.1:${registry.port}/v2/${repositoryName}`;
    const config = JSON.stringify({
      architecture: 'arm64',
      os: 'linux',
      rootfs: { type: 'layers' },
      config: { image },
    });
    const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
    const begun = await fetch(`${address}/blobs/uploads/`, { method: 'POST' });
    // The registry names itself, and the request must pass its proxy.
    const place = new URL(begun.headers.get('location') ?? '', address);
    await put(`http://127.0.0.1:${registry.port}${place.pathname}${place.search}&digest=${digest}`, config);
    const manifest = {
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: config.length, digest },
      layers: [],
    };
    await put(`${address}/manifests/${tag}`, JSON.stringify(manifest), manifestType);
  }
  ecr.destroy();
};

const put = async (url: string, body: string, type = 'application/octet-stream'): Promise<void> => {
  const answer = await fetch(url, { method: 'PUT', body, headers: { 'content-type': type } });
  if (!answer.ok) throw new Error(`PUT ${url}: ${answer.status} ${await answer.text()}`);
};
