// Installs the dependencies when they are missing or not those of package-lock.json. The one file that must run before they
// are there, and on the Node that the machine has: plain JavaScript, Node 20 or newer.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const stamp = new URL('node_modules/.sluice-installed', root);
const lock = new URL('.sluice-installing', root);
const [major] = process.versions.node.split('.').map(Number);

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

function install() {
  console.log('Installing dependencies (npm ci) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    // Inherited npm settings would make this install what the calling script asked for.
    env: { ...process.env, npm_config_omit: '', npm_config_ignore_scripts: 'false' },
  });
  if (status === 0) {
    writeFileSync(stamp, wanted);
    return;
  }
  console.error(
    `The dependencies could not be installed${error === undefined ? '' : `: ${error.message}`}; see above.`,
  );
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
