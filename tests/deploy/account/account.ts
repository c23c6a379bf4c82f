import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { regions } from '@sluice/infra/regions.ts';
import type { Owner } from '@sluice/test-servers/test-file.ts';
import { emulateCloudFormation, type EmulatedCloudFormation } from './cloudformation.ts';
import { mirrorRegistry } from './ecr.ts';
import { startEngine } from './engine.ts';
import { startFront, type Front } from './front.ts';
import { startMoto } from './moto.ts';

/** An account of the tests: moto, with a front before it that makes the faults, and a real engine and registry for the images. */
export type EmulatedAccount = {
  readonly front: Front;
  readonly cloudFormation: EmulatedCloudFormation;
  /** The variables with which every program finds it, as profile `x`, and nothing of this machine's own. */
  readonly variables: Readonly<Record<string, string>>;
  readonly bootstrap: () => Promise<void>;
  readonly motoPort: number;
  /** What images are pushed through; a rule of it sees each request to the registry. */
  readonly registry: Front;
};

/** Starts the account of an id. All of it is gone when its owner is done. */
export const startAccount = async (owner: Owner, accountId: string): Promise<EmulatedAccount> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-account-'));
  owner.after(() => rmSync(folder, { recursive: true, force: true }));
  const [motoPort, engine] = await Promise.all([startMoto(owner, accountId), startEngine(owner, folder)]);
  const front = await startFront(owner, motoPort);
  for (const rule of mirrorRegistry(motoPort, engine.registry.port)) front.add(rule);
  front.add(nameKnownPrefixLists);
  const cloudFormation = emulateCloudFormation(motoPort, accountId);
  front.add(cloudFormation.rule);

  const profile = join(folder, 'credentials');
  // Keys that moto takes for those of the account's own administrator.
  writeFileSync(profile, '[x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n');
  writeFileSync(join(folder, 'config'), '[profile x]\nregion = eu-central-1\n');
  return {
    front,
    cloudFormation,
    motoPort,
    registry: engine.registry,
    variables: {
      ...engine.variables,
      HOME: folder,
      // In an address with another name moto takes the first part of it for the bucket of a template.
      AWS_ENDPOINT_URL: `http://localhost:${front.port}`,
      AWS_SHARED_CREDENTIALS_FILE: profile,
      AWS_CONFIG_FILE: join(folder, 'config'),
      // Nothing is asked of the machine that this runs on.
      AWS_EC2_METADATA_DISABLED: 'true',
      SLUICE_DIR: join(folder, 'sluice'),
      SLUICE_POLL_MS: '50',
    },
    bootstrap: () => bootstrap(motoPort, accountId),
  };
};

/** What `cdk bootstrap` makes, as far as a deployment looks at it ("Bootstrap resources" of the CDK guide). */
const bootstrap = async (motoPort: number, accountId: string): Promise<void> => {
  const settings = {
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${motoPort}`,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  } as const;
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const ssm = new SSMClient(settings);
  const Bucket = `cdk-hnb659fds-assets-${accountId}-eu-central-1`;
  const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' } as const;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  await ssm.send(new PutParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version', Value: '30', Type: 'String' }));
  s3.destroy();
  ssm.destroy();
};

/** moto has AWS's prefix lists under ids of its own; these are the ids that they have (infra/regions.ts). */
const nameKnownPrefixLists: Parameters<Front['add']>[0] = async ({ service, region, action }, ask) => {
  if (service !== 'ec2' || action !== 'DescribeManagedPrefixLists') return undefined;
  const known = Object.entries(regions).find(([name]) => name === region)?.[1];
  const answer = await ask();
  if (known === undefined) return answer;
  const text = answer.body
    .toString()
    .replaceAll(
      /<item>(?:(?!<\/item>).)*<prefixListName>([^<]+)<(?:(?!<\/item>).)*<\/item>/gs,
      (item, name: string) => {
        const id = name.endsWith('.s3')
          ? known.s3PrefixList
          : name.endsWith('cloudfront.origin-facing')
            ? known.cloudFrontPrefixList
            : undefined;
        return id === undefined ? item : item.replaceAll(/pl-[0-9a-f]+/g, id);
      },
    );
  return { ...answer, body: Buffer.from(text) };
};
