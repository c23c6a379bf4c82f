import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Vite cuts a path at `?` or `#`, and warns about `*`.
const special = /[?#*]/;

/**
 * Returns a path to the folder without the characters that are special to Vite. If its own path has
 * one, creates a link to it.
 */
export const createPlainPath = (folder: string) => {
  if (!special.test(folder)) return { path: folder, isLink: false, remove: () => undefined };
  const parent = mkdtempSync(join(tmpdir(), 'sluice-'));
  const path = join(parent, 'repository');
  symlinkSync(folder, path);
  return { path, isLink: true, remove: () => rmSync(parent, { recursive: true, force: true }) };
};
