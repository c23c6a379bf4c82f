import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createRedisIamToken } from './redis-iam-token.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: "IQoJb3JpZ2luX2VjE+/=a!b'c(d)e*",
};
const tokenOf = createRedisIamToken({
  cacheName: 'Sluice-Queue',
  userName: 'sluice-producer',
  region: 'eu-central-1',
  isServerless: true,
  credentials: () => Promise.resolve(credentials),
  now: () => new Date('2026-11-22T10:20:30.000Z'),
});

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('the token is the presigned request of the AWS documentation, signed with Signature Version 4', async () => {
  const token = await tokenOf();
  const [, query = ''] = token.split('/?');
  const parameters = new Map(query.split('&').map((pair) => pair.split('=') as [string, string]));
  const signature = parameters.get('X-Amz-Signature');
  parameters.delete('X-Amz-Signature');
  assert.deepEqual(Object.fromEntries([...parameters].map(([name, value]) => [name, decodeURIComponent(value)])), {
    Action: 'connect',
    ResourceType: 'ServerlessCache',
    User: 'sluice-producer',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIDEXAMPLE/20261122/eu-central-1/elasticache/aws4_request',
    'X-Amz-Date': '20261122T102030Z',
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': credentials.sessionToken,
    'X-Amz-SignedHeaders': 'host',
  });

  // Signs by hand, following "Create a signed AWS API request" (IAM User Guide).
  const canonicalQuery = [...parameters]
    .map(([name, value]) => `${name}=${value}`)
    .toSorted((a, b) => (a < b ? -1 : 1));
  const canonical = ['GET', '/', canonicalQuery.join('&'), 'host:sluice-queue', '', 'host', sha256('')].join('\n');
  const toSign = [
    'AWS4-HMAC-SHA256',
    '20261122T102030Z',
    '20261122/eu-central-1/elasticache/aws4_request',
    sha256(canonical),
  ];
  const key = ['20261122', 'eu-central-1', 'elasticache', 'aws4_request'].reduce<string | Buffer>(
    (chain, part) => hmac(chain, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  assert.equal(signature, hmac(key, toSign.join('\n')).toString('hex'));
});

test('the token is a password without a scheme, escaped as in the signature', async () => {
  const token = await tokenOf();
  assert.match(token, /^sluice-queue\/\?[A-Za-z0-9%&=._~-]+$/);
  assert.ok(token.includes('X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2B%2F%3Da%21b%27c%28d%29e%2A'));
});

test('a cache of nodes is not marked serverless, and credentials without a session have no session token', async () => {
  const token = await createRedisIamToken({
    cacheName: 'sluice-queue',
    userName: 'sluice-producer',
    region: 'eu-central-1',
    isServerless: false,
    credentials: () => Promise.resolve({ accessKeyId: 'A', secretAccessKey: 'S' }),
  })();
  assert.doesNotMatch(token, /ResourceType|Security-Token/);
});
