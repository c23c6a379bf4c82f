import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dataFolder } from '@sluice/local/folder.ts';
import { serviceArguments, serviceEnvironment } from '@sluice/local/service-command.ts';
import { plainEnvironment } from './service.ts';

/**
 * Keeps what V8 makes of the services, as their images and `npm start` do, for those that are measured: these end by SIGKILL and keep nothing. Without
 * its configuration a service ends as soon as it is loaded.
 */
export const compileServices = async (): Promise<void> => {
  const env = { ...plainEnvironment(), ...serviceEnvironment(dataFolder()) };
  const children = (['producer', 'consumer'] as const).map((name) =>
    spawn(process.execPath, serviceArguments(name), { env, stdio: 'ignore' }),
  );
  await Promise.all(children.map((child) => once(child, 'exit')));
};
