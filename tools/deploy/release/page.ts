import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { Account } from '../aws/account.ts';
import { throwIfInterrupted, type Work } from '../cli/command.ts';
import { folderOf, repository } from '../folder.ts';
import { planPage, typeOf, type PageFile, type StoredFile } from './page-plan.ts';

/** The destination of the page. */
export type Place = { readonly bucket: string; readonly distribution: string };

// S3 stores this key as metadata of the file, and returns it with the file.
const supersededKey = 'superseded';

/** Builds the page. Returns its folder. */
export const buildPage = async (environment: string, { progress }: Work): Promise<string> => {
  progress.status('Building the page …');
  const folder = join(folderOf(environment), 'page');
  // Loaded only here, because it is large.
  const { build } = await import('vite');
  await build({
    root: join(repository, 'apps/frontend'),
    configLoader: 'native',
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
  });
  return folder;
};

const readPage = (folder: string): PageFile[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => ({
      path: relative(folder, join(folder, name)).split(sep).join('/'),
      md5: createHash('md5')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    }));

const readStored = async ({ s3 }: Account, bucket: string, page: readonly PageFile[]): Promise<StoredFile[]> => {
  const current = new Set(page.map(({ path }) => path));
  const stored: StoredFile[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
    for (const { Key: path = '', ETag = '' } of Contents) {
      const md5 = ETag.replaceAll('"', '');
      const metadata = current.has(path)
        ? {}
        : (await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: path }))).Metadata;
      const since = metadata?.[supersededKey];
      stored.push({ path, md5, supersededMs: since === undefined ? undefined : Date.parse(since) });
    }
  }
  return stored;
};

/**
 * Uploads a page to its bucket. Files that others refer to come first, and the page is the last, so
 * a client always gets a page whose files exist. Files that are no longer part of it stay for a
 * while, for browsers with the previous page open.
 */
export const uploadPage = async (
  work: Work,
  account: Account,
  { bucket, distribution }: Place,
  folder: string,
): Promise<void> => {
  const { s3, cloudFront } = account;
  const page = readPage(folder);
  const plan = planPage(page, await readStored(account, bucket, page), Date.now());
  for (const path of plan.uploads) {
    throwIfInterrupted(work.signal);
    work.progress.status(`Uploading ${path}`);
    // Without the old metadata: a file that comes back is part of the page again.
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: path,
        Body: readFileSync(join(folder, path)),
        ContentType: typeOf(path),
      }),
    );
  }
  for (const path of plan.superseded) {
    await s3.send(
      new CopyObjectCommand({
        Bucket: bucket,
        Key: path,
        CopySource: `${bucket}/${encodeURIComponent(path)}`,
        MetadataDirective: 'REPLACE',
        ContentType: typeOf(path),
        Metadata: { [supersededKey]: new Date().toISOString() },
      }),
    );
  }
  for (const path of plan.removals) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: path }));
  if (plan.invalidations.length > 0) {
    await cloudFront.send(
      new CreateInvalidationCommand({
        DistributionId: distribution,
        InvalidationBatch: {
          CallerReference: String(Date.now()),
          Paths: { Quantity: plan.invalidations.length, Items: [...plan.invalidations] },
        },
      }),
    );
  }
  const { uploads, superseded, removals, invalidations } = plan;
  work.progress.line(
    `✓ ${uploads.length} files uploaded; ${superseded.length} previous files kept for a while, ${removals.length} older files deleted, ${invalidations.length} paths invalidated`,
  );
};
