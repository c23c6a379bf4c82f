import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { serviceArguments, serviceEnvironment } from './service-command.ts';

/**
 * Fills V8's compile cache for the services, as their images and `npm start` do. A process that
 * SIGKILL ends writes no cache. Without its configuration, a service ends as soon as it is loaded.
 */
export const compileServices = async (): Promise<void> => {
  const { PATH } = process.env;
  const env = { PATH, ...serviceEnvironment() };
  const children = (['producer', 'consumer'] as const).map((name) =>
    spawn(process.execPath, serviceArguments(name), { env, stdio: 'ignore' }),
  );
  await Promise.all(children.map((child) => once(child, 'exit')));
};
