import { DeleteObjectsCommand, ListObjectVersionsCommand, type ObjectIdentifier } from '@aws-sdk/client-s3';
import type { Account } from './account.ts';
import { throwIfInterrupted, type Work } from '../cli/command.ts';
import { CommandError, nameOf } from '../cli/explain.ts';

/**
 * Lists the first versions of objects in a bucket: up to 1,000, which is as many as one call
 * removes.
 */
const listVersions = async ({ s3 }: Account, bucket: string): Promise<ObjectIdentifier[]> => {
  try {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    return [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({ Key, VersionId }));
  } catch (error) {
    if (nameOf(error) === 'NoSuchBucket') return [];
    throw error;
  }
};

/**
 * Removes every version of every object of a bucket. Returns the number of removed versions, which
 * is 0 if there is no bucket.
 */
export const emptyBucket = async ({ signal, progress }: Work, account: Account, bucket: string): Promise<number> => {
  for (let count = 0; ; progress.status(`${bucket}: ${count} deleted`)) {
    throwIfInterrupted(signal);
    const objects = await listVersions(account, bucket);
    if (objects.length === 0) return count;
    const { Errors = [] } = await account.s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
    );
    const [first] = Errors;
    if (first !== undefined) {
      const what = `${first.Key} could not be deleted: ${first.Message ?? first.Code}`;
      const fix = 'allow s3:DeleteObjectVersion, then run the same command again';
      throw new CommandError([{ what, where: bucket, fix }]);
    }
    count += objects.length;
  }
};
