import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { ECRClient } from '@aws-sdk/client-ecr';
import { emptyRepository } from './repositories.ts';

test('an image that ECR keeps is not counted as deleted, and causes a warning with the reason', async (context) => {
  const imageIds = ['a', 'b', 'c'].map((letter) => ({ imageDigest: `sha256:${letter.repeat(64)}` }));
  const failures = [
    { imageId: imageIds[0], failureCode: 'ImageReferencedByManifestList', failureReason: 'a list has it' },
    { imageId: imageIds[1], failureCode: 'ImageNotFound', failureReason: 'it is gone' },
  ];
  const server = createServer((request, response) => {
    const isDeleting = String(request.headers['x-amz-target']).endsWith('.BatchDeleteImage');
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(isDeleting ? { failures } : { imageIds }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
  const ecr = new ECRClient({ region: 'eu-central-1', endpoint: `http://127.0.0.1:${address.port}`, credentials });
  context.after(() => ecr.destroy());
  const warnings: string[] = [];
  const { signal } = new AbortController();
  const progress = { warn: (line: string) => void warnings.push(line) };
  const count = await emptyRepository({ signal, progress }, { ecr }, 'sluice-dev/producer');
  assert.equal(count, 2);
  assert.deepEqual(warnings, ['ECR kept 1 images of sluice-dev/producer: a list has it']);
});
