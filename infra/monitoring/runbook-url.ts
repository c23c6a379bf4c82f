import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const packageSchema = z.object({ repository: z.url({ protocol: /^https$/ }) });

/** The address of the repository. */
export const { repository } = packageSchema.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')),
);

/**
 * Returns the address of a section of docs/runbook.md on the default branch of the repository that
 * package.json names.
 */
export const runbookUrl = (section: string): string => `${repository}/blob/HEAD/docs/runbook.md#${section}`;
