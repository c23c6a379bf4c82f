import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '@sluice/local/folder.ts';
import * as z from 'zod';
import type { EmulatedAccount } from './account.ts';

const template = z.record(z.string(), z.unknown());
const kinds = ['registry', 'foundation', 'app'];

/**
 * Creates an environment in its state after the deployment of a tag. Uses the templates of
 * `npm run synth`, which saves the time of CDK.
 */
export const plantEnvironment = async (
  { cloudFormation }: Pick<EmulatedAccount, 'cloudFormation'>,
  environment: string,
  tag: string,
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-templates-'));
  const synth = join(repository, 'infra/commands/synth.ts');
  try {
    await promisify(execFile)(process.execPath, [synth, environment, '--output', folder], { timeout: 540_000 });
    for (const kind of kinds) {
      const [file = ''] = globSync(join(folder, `assembly-${environment}`, `${environment}${kind}*.template.json`));
      const content = template.parse(JSON.parse(readFileSync(file, 'utf8')));
      // In order: the app needs the network of the foundation.
      await cloudFormation.plant('eu-central-1', `sluice-${environment}-${kind}`, content, { ImageTag: tag });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
};
