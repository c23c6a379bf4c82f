import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { createPlainPath } from './plain-path.ts';

const sourcesOfPage = [
  'apps/frontend/**/*.{ts,tsx,css,html,svg,json}',
  'packages/contract/*.{ts,json}',
  'package-lock.json',
];
const compressible = /\.(?:js|css|html|svg)$/;
const unfinished = '.building-';

type PageSettings = {
  readonly repository: string;
  /**
   * The folder for the files if the repository is not writable: it is read-only or belongs to
   * another user.
   */
  readonly otherFolder: string;
  readonly say: (line: string) => void;
};

/**
 * Builds the console from its current sources and returns the folder of the files. Returns at once
 * if they are built already. Two processes may build at the same time: the later one uses the
 * existing files.
 */
export const buildPage = async ({ repository, otherFolder, say }: PageSettings): Promise<string> => {
  const stamp = stampOf(repository);
  const dist = join(repository, 'apps/frontend/dist');
  const built = join(dist, stamp);
  if (existsSync(built)) return built;
  const target = isWritable(dist) ? dist : otherFolder;
  const folder = join(target, stamp);
  if (existsSync(folder)) return folder;

  say('Building the console …');
  const building = join(target, unfinished + String(process.pid));
  mkdirSync(building, { recursive: true });
  const plain = createPlainPath(repository);
  try {
    // Imported on demand, because it is large and rarely needed.
    const { build } = await import('vite');
    await build({
      root: join(plain.path, 'apps/frontend'),
      configLoader: 'native',
      logLevel: 'warn',
      resolve: { preserveSymlinks: plain.isLink },
      build: { outDir: building, emptyOutDir: true },
    });
    compressFiles(building);
    if (!existsSync(folder)) renameSync(building, folder);
  } finally {
    plain.remove();
    rmSync(building, { recursive: true, force: true });
  }
  for (const name of readdirSync(target)) {
    const other = join(target, name);
    if (other !== folder && !name.startsWith(unfinished)) rmSync(other, { recursive: true, force: true });
  }
  return folder;
};

const isWritable = (folder: string): boolean => {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
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
