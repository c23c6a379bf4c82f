// Installs the dependencies when they are missing or not those of package-lock.json. The one file that must run before they
// are there, and on the Node that the machine has: plain JavaScript, Node 20 or newer.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const stamp = new URL('node_modules/.sluice-installed', root);
const [major] = process.versions.node.split('.').map(Number);

if (major < 20) {
  console.error(`Sluice needs Node 20 or newer to install itself; this is ${process.version}.`);
  process.exit(1);
}

const wanted = createHash('sha256')
  .update(readFileSync(new URL('package-lock.json', root)))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex');

if (readStamp() !== wanted) {
  console.log('Installing dependencies (npm ci) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    // Inherited npm settings would make this install what the calling script asked for.
    env: { ...process.env, npm_config_omit: '', npm_config_ignore_scripts: 'false' },
  });
  if (status !== 0) {
    console.error(
      `The dependencies could not be installed${error === undefined ? '' : `: ${error.message}`}; see above.`,
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

function readStamp() {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return undefined;
  }
}
