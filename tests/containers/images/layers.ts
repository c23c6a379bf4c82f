import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import * as z from 'zod';
import { docker, inspect } from '../containers.ts';
import { run } from '../run.ts';

/** The files in the layers of an image that its base does not have. */
export type OwnFiles = { readonly archives: readonly string[]; readonly names: readonly string[] };

const manifestSchema = z.array(z.object({ RepoTags: z.array(z.string()), Layers: z.array(z.string()) }));

// Patterns of keys and tokens, as their issuers format them.
const secrets = [
  '-----BEGIN [A-Z ]*PRIVATE KEY-----',
  'AKIA[0-9A-Z]{16}',
  '_authToken *=',
  'gh[pousr]_[0-9A-Za-z]{36}',
  'npm_[0-9A-Za-z]{36}',
].join('|');

// The example key of AWS's documentation, which is in a comment of its client.
const exampleOfAws = 'AKIAIOSFODNN7EXAMPLE';

/**
 * Extracts the layers of the images. Resolves with their folder, which is removed after the test.
 */
export const saveLayers = async (test: TestContext, images: readonly string[]): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-layers-'));
  test.after(() => rmSync(folder, { recursive: true }));
  const archive = join(folder, 'images.tar');
  await docker('save', '--output', archive, ...images);
  await run('tar', ['--extract', '--file', archive, '--directory', folder], { withinMs: 120_000 });
  rmSync(archive);
  return folder;
};

/** Returns the layers of `image` that are not those of `base`. */
export const ownFilesOf = async (folder: string, image: string, base: string): Promise<OwnFiles> => {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
  const layers = manifest.find(({ RepoTags }) => RepoTags.includes(image))?.Layers ?? [];
  const ofBase = Number(await inspect(base, '{{len .RootFS.Layers}}'));
  const archives = layers.slice(ofBase).map((layer) => join(folder, layer));
  const listings = await Promise.all(archives.map((archive) => run('tar', ['--list', '--file', archive])));
  return { archives, names: listings.flatMap((listing) => listing.split('\n')) };
};

/** Finds lines that look like a secret. */
export const findSecrets = async ({ archives }: OwnFiles): Promise<readonly string[]> => {
  const found = await Promise.all(
    archives.map((archive) =>
      run('bash', [
        '-c',
        'tar --extract --to-stdout --file "$0" | grep --text --extended-regexp --only-matching --regexp="$1" || [ $? = 1 ]',
        archive,
        secrets,
      ]),
    ),
  );
  return found.flatMap((lines) => lines.split('\n')).filter((line) => line !== '' && line !== exampleOfAws);
};
