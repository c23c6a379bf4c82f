import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Environment } from '../schema/environment.ts';
import { templateSchema, type StackTemplate } from './template.ts';

const repository = join(import.meta.dirname, '../..');
const kept = join(repository, '.sluice/templates');
const templatesSchema = z.array(templateSchema.extend({ stack: z.string() }));
// The sources of the templates, without tests.
const sources = [
  'package.json',
  'package-lock.json',
  'Dockerfile',
  'infra/**/*.{ts,json}',
  'apps/database-setup/**/*',
  'packages/**/*.{ts,sql,json}',
  'tables/**/*.{ts,sql,json}',
];

/**
 * Returns the templates of environments, for tests. The first test file makes them for the current
 * sources, and later ones read them.
 */
export const templatesOf = async (environments: readonly Environment[]): Promise<StackTemplate[]> => {
  const sourcesHash = hashSources();
  const files = environments.map((environment) => ({ environment, file: fileOf(environment, sourcesHash) }));
  const missing = files.filter(({ file }) => !existsSync(file));
  if (missing.length > 0) await make(missing);
  return files.flatMap(({ file }) => templatesSchema.parse(JSON.parse(readFileSync(file, 'utf8'))));
};

type Missing = { readonly environment: Environment; readonly file: string };

const make = async (missing: readonly Missing[]): Promise<void> => {
  // Loading it takes a second. Callers that find the templates in the cache avoid that.
  const { synthesize } = await import('../synthesize.ts');
  const templates = synthesize(missing.map(({ environment }) => environment));
  mkdirSync(kept, { recursive: true });
  for (const { environment, file } of missing) {
    // Another test file may be making the same templates.
    const written = `${file}.${process.pid}`;
    const own = templates.filter(({ stack }) => stack.startsWith(`${environment.name}/`));
    writeFileSync(written, JSON.stringify(own));
    renameSync(written, file);
  }
};

const fileOf = (environment: Environment, sourcesHash: string): string =>
  join(
    kept,
    `${createHash('sha256').update(sourcesHash).update(JSON.stringify(environment)).digest('hex').slice(0, 32)}.json`,
  );

const hashSources = (): string => {
  const hash = createHash('sha256');
  const entries = globSync(sources, {
    cwd: repository,
    exclude: ['**/node_modules/**', '**/*.test.ts', 'infra/baselines/**'],
    withFileTypes: true,
  });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  for (const file of files.toSorted())
    hash.update(file.slice(repository.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
};
