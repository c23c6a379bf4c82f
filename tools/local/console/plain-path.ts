import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Vite takes what follows `?` or `#` for no part of a path, and warns of `*`.
const special = /[?#*]/;

/**
 * A path of a folder without the characters that mean something else to Vite: a link to it where
 * its own has one.
 */
export const createPlainPath = (folder: string) => {
  if (!special.test(folder)) return { path: folder, isLink: false, remove: () => undefined };
  const parent = mkdtempSync(join(tmpdir(), 'sluice-'));
  const path = join(parent, 'repository');
  symlinkSync(folder, path);
  return { path, isLink: true, remove: () => rmSync(parent, { recursive: true, force: true }) };
};
