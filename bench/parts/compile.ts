import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { dataFolder, repository } from '@sluice/local/folder.ts';
import { nodeEnvironment } from '@sluice/local/node-environment.ts';
import { plainEnvironment } from './service.ts';

/**
 * Keeps what V8 makes of the services, as their images and `npm start` do, for those that are measured: these end by SIGKILL and keep nothing. Without
 * its configuration a service ends as soon as it is loaded.
 */
export const compileServices = async (): Promise<void> => {
  const env = { ...plainEnvironment(), ...nodeEnvironment(dataFolder()) };
  const children = ['producer', 'consumer'].map((name) =>
    spawn(process.execPath, [join(repository, `apps/${name}/main.ts`)], { env, stdio: 'ignore' }),
  );
  await Promise.all(children.map((child) => once(child, 'exit')));
};
