import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { regions } from '@sluice/infra/schema/regions.ts';
import type { Owner } from '@sluice/test-servers/test-file.ts';
import { emulateCloudFormation, type EmulatedCloudFormation } from './cloudformation.ts';
import { mirrorRegistry } from './ecr.ts';
import { startEngine } from './engine.ts';
import { startFront, type Front } from './front.ts';
import { startMoto } from './moto.ts';

/**
 * An emulated AWS account: moto behind a proxy that injects faults, and a real Docker engine and
 * registry for the images.
 */
export type EmulatedAccount = {
  readonly front: Front;
  readonly cloudFormation: EmulatedCloudFormation;
  /**
   * The environment variables that point every program to this account, as profile `x`, and to
   * nothing on this machine.
   */
  readonly variables: Readonly<Record<string, string>>;
  /** Creates the resources of `cdk bootstrap`, in eu-central-1 unless it gets other regions. */
  readonly bootstrap: (...places: readonly string[]) => Promise<void>;
  readonly motoPort: number;
  /** The proxy in front of the registry. Its rules see each request. */
  readonly registry: Front;
};

/** Starts an account with this id. All of it is removed when its owner ends. */
export const startAccount = async (owner: Owner, accountId: string): Promise<EmulatedAccount> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-account-'));
  owner.after(() => rmSync(folder, { recursive: true, force: true }));
  const [motoPort, engine] = await Promise.all([startMoto(owner, accountId), startEngine(owner, folder)]);
  const front = await startFront(owner, motoPort);
  for (const rule of mirrorRegistry(motoPort, engine.registry.port, accountId)) front.add(rule);
  front.add(nameKnownPrefixLists);
  const cloudFormation = emulateCloudFormation(motoPort, accountId);
  front.add(cloudFormation.rule);

  const profile = join(folder, 'credentials');
  // moto accepts these keys as those of the account's administrator.
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
      // CDK notes the account of each access key, in the user's home folder whatever HOME says.
      CDK_HOME: join(folder, 'cdk'),
      // With another host name, moto would treat its first part as the bucket of a template.
      AWS_ENDPOINT_URL: `http://localhost:${front.port}`,
      AWS_SHARED_CREDENTIALS_FILE: profile,
      AWS_CONFIG_FILE: join(folder, 'config'),
      // Disables requests to the metadata service of this machine.
      AWS_EC2_METADATA_DISABLED: 'true',
      // Most of a synthesis. infra/commands/synth.test.ts validates the same templates.
      CDK_VALIDATION: 'false',
      SLUICE_DIR: join(folder, 'sluice'),
      SLUICE_POLL_MS: '50',
    },
    bootstrap: async (...places) => {
      for (const place of places.length > 0 ? places : ['eu-central-1']) await bootstrap(motoPort, accountId, place);
    },
  };
};

/**
 * Creates the resources of `cdk bootstrap` that a deployment checks ("Bootstrap resources" of the
 * CDK guide).
 */
const bootstrap = async (motoPort: number, accountId: string, region: string): Promise<void> => {
  const settings = {
    region,
    endpoint: `http://127.0.0.1:${motoPort}`,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  } as const;
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const ssm = new SSMClient(settings);
  const Bucket = `cdk-hnb659fds-assets-${accountId}-${region}`;
  // S3 takes no constraint for us-east-1.
  const place = region === 'eu-central-1' ? { CreateBucketConfiguration: { LocationConstraint: region } as const } : {};
  await s3.send(new CreateBucketCommand({ Bucket, ...place }));
  await ssm.send(new PutParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version', Value: '30', Type: 'String' }));
  s3.destroy();
  ssm.destroy();
};

/** Replaces moto's ids of AWS's prefix lists by the real ones (infra/schema/regions.ts). */
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
