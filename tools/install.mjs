// Installs the dependencies when they are missing or not those of package-lock.json, the Node that runs everything included. The
// one file that runs before they are there, and on the Node that the machine has: plain JavaScript, Node 20 or newer.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const stamp = new URL('node_modules/.sluice-installed', root);
const lock = new URL('.sluice-installing', root);
const [major] = process.versions.node.split('.').map(Number);
const requiredMajor = 24;
// npm puts this folder first on the path of every script.
const localNode = fileURLToPath(new URL('node_modules/.bin/node', root));

if (major < 20) {
  console.error(`Sluice needs Node 20 or newer to install itself; this is ${process.version}.`);
  process.exit(1);
}

const wanted = createHash('sha256')
  .update(readFileSync(new URL('package-lock.json', root)))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex');

if (read(stamp) !== wanted) {
  // Two at a time (`npm start` in one terminal, `npm test` in another) would remove each other's files.
  takeLock();
  try {
    if (read(stamp) !== wanted) install();
  } finally {
    rmSync(lock, { force: true });
  }
}

if (process.exitCode === undefined && major < requiredMajor && !existsSync(localNode)) {
  fail(
    `package-lock.json has no Node for ${process.platform} ${process.arch}, and this is ${process.version}. ` +
      `Install Node ${requiredMajor} or newer and run the command again.`,
  );
}

function install() {
  console.log('Installing dependencies (npm ci) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    // Inherited npm settings would make this install what the calling script asked for. No package needs its install script; npm 10, which
    // knows no `allowScripts`, would run them.
    env: { ...process.env, npm_config_omit: '', npm_config_ignore_scripts: 'true' },
  });
  if (status !== 0) {
    fail(`The dependencies could not be installed${error === undefined ? '' : `: ${error.message}`}; see above.`);
  } else if (hasPinnedNode()) writeFileSync(stamp, wanted);
}

/** True if the Node of the lock file runs here. npm skips an optional package that it cannot verify, and says nothing. */
function hasPinnedNode() {
  const { optionalDependencies = {} } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const name = `node-${process.platform}-${process.arch}`;
  const version = optionalDependencies[name];
  if (version === undefined) return true;
  const { stdout, error } = spawnSync(localNode, ['--version'], { encoding: 'utf8' });
  if (stdout?.trim() === `v${version}`) return true;
  fail(
    `npm did not install ${name} ${version}, or it does not run here (${error?.message ?? `it is ${stdout.trim()}`}).\n` +
      'Its hash may differ from the one in package-lock.json: npm ci --loglevel=silly shows why.',
  );
  return false;
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

function takeLock() {
  let isTold = false;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(read(lock));
    if (holder > 0 && !isRunning(holder)) rmSync(lock, { force: true });
    else {
      if (!isTold) console.log('Another one is installing dependencies; waiting for it …');
      isTold = true;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
