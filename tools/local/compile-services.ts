import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dataFolder } from '@sluice/local/folder.ts';
import { serviceArguments, serviceEnvironment } from '@sluice/local/service-command.ts';
import { plainEnvironment } from './service.ts';

/**
 * Fills V8's compile cache for the services, as their images and `npm start` do. The measured
 * services end by SIGKILL and write no cache. Without its configuration, a service ends as soon as
 * it is loaded.
 */
export const compileServices = async (): Promise<void> => {
  const env = { ...plainEnvironment(), ...serviceEnvironment(dataFolder()) };
  const children = (['producer', 'consumer'] as const).map((name) =>
    spawn(process.execPath, serviceArguments(name), { env, stdio: 'ignore' }),
  );
  await Promise.all(children.map((child) => once(child, 'exit')));
};
