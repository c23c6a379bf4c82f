import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const sourcesOfPage = [
  'apps/frontend/**/*.{ts,tsx,css,html,svg,json}',
  'packages/contract/*.{ts,json}',
  'package-lock.json',
];
const compressible = /\.(?:js|css|html|svg)$/;
const unfinished = '.building-';

/**
 * The folder of the console's files, built from the sources as they are now: at once where that was done before. Two processes may build at
 * the same time; who is later takes what is there.
 */
export const buildPage = async (repository: string, say: (line: string) => void): Promise<string> => {
  const root = join(repository, 'apps/frontend');
  const dist = join(root, 'dist');
  const folder = join(dist, stampOf(repository));
  if (existsSync(folder)) return folder;

  say('Building the console …');
  const building = join(dist, unfinished + String(process.pid));
  mkdirSync(building, { recursive: true });
  try {
    // Loaded only here: it is much, and is seldom needed.
    const { build } = await import('vite');
    await build({ root, configLoader: 'native', logLevel: 'warn', build: { outDir: building, emptyOutDir: true } });
    compressFiles(building);
    if (!existsSync(folder)) renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  for (const name of readdirSync(dist)) {
    const other = join(dist, name);
    if (other !== folder && !name.startsWith(unfinished)) rmSync(other, { recursive: true, force: true });
  }
  return folder;
};

const stampOf = (repository: string): string => {
  const hash = createHash('sha256');
  const files = globSync(sourcesOfPage, {
    cwd: repository,
    exclude: ['**/dist/**', '**/node_modules/**', '**/*.test.ts'],
  });
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(repository, file)));
  return hash.digest('hex').slice(0, 16);
};

const compressFiles = (folder: string): void => {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!compressible.test(name)) continue;
    const file = join(folder, name);
    const body = readFileSync(file);
    writeFileSync(`${file}.br`, brotliCompressSync(body));
    writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }));
  }
};
