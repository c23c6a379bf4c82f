// Installs the dependencies when they are missing or not those of package-lock.json, the Node that
// runs everything included. Runs before they are there, and on the Node that the machine has: plain
// JavaScript, Node 20 or newer.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tryLock } from './local/lock.mjs';

const root = new URL('../', import.meta.url);
const stamp = new URL('node_modules/.sluice-installed', root);
const lockFile = new URL('package-lock.json', root);
const [major] = process.versions.node.split('.').map(Number);
const requiredMajor = 24;
/** The path of the Node of the lock file. npm puts its folder first on the path of every script. */
export const localNode = fileURLToPath(new URL('node_modules/.bin/node', root));
// npm's own (10 s to 60 s, five minutes for an answer) look like a program that hangs where there
// is no network.
const impatience = {
  npm_config_fetch_retry_mintimeout: '1000',
  npm_config_fetch_retry_maxtimeout: '5000',
  npm_config_fetch_timeout: '60000',
  npm_config_prefer_offline: 'true',
};

if (major < 20) {
  console.error(`Sluice needs Node 20 or newer to install itself, but this is ${process.version}.`);
  process.exit(1);
}

const wanted = createHash('sha256')
  .update(readFileSync(lockFile))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex');

try {
  if (!isInstalled()) installAlone();
} catch (error) {
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'LOCK_IMPOSSIBLE'].includes(error.code)) throw error;
  fail(
    `The dependencies cannot be installed: ${error.message}. Run the command as the owner of ${fileURLToPath(root)}, ` +
      'or clone Sluice again into your own folder.',
  );
}

if (process.exitCode === undefined && major < requiredMajor && !existsSync(localNode)) {
  fail(
    `package-lock.json has no Node for ${process.platform} ${process.arch}, and ${process.version} is too old. ` +
      `Install Node ${requiredMajor} or newer and run the command again.`,
  );
}

function isInstalled() {
  if (read(stamp) === wanted) return true;
  if (!isInstalledByNpm() || nodeProblem() !== undefined) return false;
  writeStamp();
  return true;
}

/**
 * True if a plain `npm ci` or `npm install` has installed all of package-lock.json, for this
 * platform. npm notes what it installed.
 */
function isInstalledByNpm() {
  const note = read(new URL('node_modules/.package-lock.json', root));
  if (note === undefined) return false;
  const { packages: installed = {} } = JSON.parse(note);
  const { packages: locked = {} } = JSON.parse(readFileSync(lockFile, 'utf8'));
  const isLocked = ([path, { version, resolved, integrity, optional }]) => {
    const found = installed[path];
    // Those for other platforms are not there.
    if (found === undefined) return path === '' || optional === true;
    return found.version === version && found.resolved === resolved && found.integrity === integrity;
  };
  return Object.entries(locked).every(isLocked) && Object.values(installed).every(isForThisPlatform);
}

function isForThisPlatform({ os = [process.platform], cpu = [process.arch] }) {
  return os.includes(process.platform) && cpu.includes(process.arch);
}

/**
 * Two at a time (`npm start` in one terminal, `npm test` in another) would remove each other's
 * files.
 */
function installAlone() {
  const file = fileURLToPath(lockFile);
  let lock = tryLock(file);
  if (lock === undefined) console.log('Another process is installing the dependencies; waiting for it …');
  while (lock === undefined) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    lock = tryLock(file);
  }
  try {
    if (!isInstalled()) install();
  } finally {
    closeSync(lock);
  }
}

function install() {
  console.log('Installing dependencies (npm ci) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    // Inherited npm settings would make this install what the calling script asked for. No package
    // needs its install script; npm 10, which knows no `allowScripts`, would run them.
    env: { ...impatience, ...process.env, npm_config_omit: '', npm_config_ignore_scripts: 'true' },
  });
  const problem = nodeProblem();
  if (status !== 0) {
    fail(
      `The dependencies could not be installed${error === undefined ? '' : `: ${error.message}`}; see above. ` +
        'They come from the npm registry (npm config get registry) or its cache.',
    );
  } else if (problem !== undefined) fail(problem);
  else writeStamp();
}

/**
 * Returns the reason why the Node of the lock file cannot run here, or undefined. npm silently
 * skips an optional package that it cannot verify.
 */
function nodeProblem() {
  const { optionalDependencies = {} } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const name = `node-${process.platform}-${process.arch}`;
  const version = optionalDependencies[name];
  if (version === undefined) return undefined;
  const { stdout, error } = spawnSync(localNode, ['--version'], { encoding: 'utf8' });
  if (stdout?.trim() === `v${version}`) return undefined;
  return (
    `npm did not install ${name} ${version}, or it does not run here (${error?.message ?? `it is ${stdout.trim()}`}).\n` +
    'Its hash may differ from the one in package-lock.json: npm ci --loglevel=silly shows why.'
  );
}

function writeStamp() {
  try {
    writeFileSync(stamp, wanted);
  } catch {
    // It only saves the next look, which a folder of another user, or one that is read-only, has to
    // do without.
  }
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
