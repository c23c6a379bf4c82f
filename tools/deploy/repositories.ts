import { BatchDeleteImageCommand, paginateListImages } from '@aws-sdk/client-ecr';
import type { Account } from './account.ts';
import { throwIfInterrupted, type Work } from './command.ts';
import { nameOf } from './explain.ts';

/** Removes all images of a repository; answers with how many tags and images there were. One that is not there has none. */
export const emptyRepository = async ({ signal }: Work, { ecr }: Account, repositoryName: string): Promise<number> => {
  let count = 0;
  try {
    const pages = paginateListImages({ client: ecr, pageSize: 100 }, { repositoryName });
    for await (const { imageIds = [] } of pages) {
      throwIfInterrupted(signal);
      if (imageIds.length > 0) await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
      count += imageIds.length;
    }
  } catch (error) {
    if (nameOf(error) !== 'RepositoryNotFoundException') throw error;
  }
  return count;
};
