import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram } from '@sluice/local/find-program.ts';

const programs = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const ofMac = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The path of a Chromium on this machine; as root on Debian, one is installed where there is none. Throws what to do where that cannot be. */
export const findChromium = (): string => {
  const found = find();
  if (found !== undefined) return found;
  const apt = findProgram('apt-get');
  if (process.getuid?.() !== 0 || apt === undefined || !existsSync('/etc/debian_version')) throw new Error(advice());
  const install = () =>
    spawnSync(apt, ['install', '--yes', '--no-install-recommends', 'chromium'], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
      timeout: 600_000,
    });
  let result = install();
  if (result.status !== 0) {
    // A new machine has no package lists yet.
    spawnSync(apt, ['update'], { timeout: 120_000 });
    result = install();
  }
  const installed = find();
  if (installed === undefined) throw new Error(`${advice()}\napt-get failed:\n${result.stdout}${result.stderr}`);
  return installed;
};

const find = (): string | undefined => findProgram(...programs) ?? ofMac.find((path) => existsSync(path));

const advice = (): string =>
  [
    'The tests of the console need Chromium, and there is none on this machine. Install it:',
    '  · Debian: sudo apt-get install chromium',
    '  · macOS: brew install --cask chromium',
    `  · elsewhere: so that one of ${programs.join(', ')} is on the path`,
  ].join('\n');
