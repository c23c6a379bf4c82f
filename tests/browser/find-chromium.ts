import { existsSync } from 'node:fs';
import { findProgram } from '@sluice/local/servers/find-program.ts';
import { canInstall, installPackages } from '@sluice/local/install-packages.ts';

const programs = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const ofMac = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Finds the path of a Chromium: `CHROMIUM`, or one of this machine. As root on Debian, it installs
 * one if there is none. Throws with instructions when that is impossible.
 */
export const findChromium = (): string => {
  const named = process.env['CHROMIUM'];
  if (named !== undefined) return named;
  const found = find();
  if (found !== undefined) return found;
  if (!canInstall()) throw new Error(advice());
  const failure = installPackages(['chromium']);
  const installed = find();
  if (installed === undefined) throw new Error(`${advice()}\n${failure ?? ''}`);
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
