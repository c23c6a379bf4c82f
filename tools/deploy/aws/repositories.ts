import { BatchDeleteImageCommand, paginateListImages } from '@aws-sdk/client-ecr';
import type { Account } from './account.ts';
import { throwIfInterrupted, type Work } from '../cli/command.ts';
import { nameOf } from '../cli/explain.ts';

/**
 * Removes the images of a repository. Returns the number of removed tags and images, which is 0 if
 * there is no repository. Warns about images that ECR keeps: an image list must be removed before
 * its images, so they may be removed the next time.
 */
export const emptyRepository = async (
  { signal, progress }: Pick<Work, 'signal'> & { readonly progress: Pick<Work['progress'], 'warn'> },
  { ecr }: Pick<Account, 'ecr'>,
  repositoryName: string,
): Promise<number> => {
  let count = 0;
  try {
    const pages = paginateListImages({ client: ecr, pageSize: 100 }, { repositoryName });
    for await (const { imageIds = [] } of pages) {
      throwIfInterrupted(signal);
      if (imageIds.length === 0) continue;
      const { failures = [] } = await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
      const kept = failures.filter(({ failureCode }) => failureCode !== 'ImageNotFound');
      if (kept.length > 0)
        progress.warn(`ECR kept ${kept.length} images of ${repositoryName}: ${kept[0]?.failureReason}`);
      count += imageIds.length - kept.length;
    }
  } catch (error) {
    if (nameOf(error) !== 'RepositoryNotFoundException') throw error;
  }
  return count;
};
