import { join } from 'node:path';
import { installNpmPackages, npmVersions } from '../../npm-packages.ts';
import type { Peer } from '../../peer.ts';

const server = join(import.meta.dirname, 'server.mjs');

export const expressMysql: Peer = {
  name: 'Express, mysql2, no queue',
  id: 'express-mysql',
  code: [server],
  configuration: [],
  provide: () => {
    installNpmPackages();
    return {
      version: npmVersions('express', 'mysql2'),
      server: () => ({ command: process.execPath, args: [server] }),
    };
  },
  countWaiting: () => Promise.resolve(0),
  settlesWithinMs: 2_000,
};
