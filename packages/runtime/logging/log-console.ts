import { format } from 'node:util';
import type { Logger } from './logger.ts';
import { sampleWarnings } from './sample-warnings.ts';

/**
 * Logs what libraries and Node.js write to the console, so that each line of a service is JSON.
 * mysql2, for one, writes there when MySQL ends an idle connection.
 */
export const logConsole = (process: NodeJS.Process, logger: Logger): void => {
  const warn = sampleWarnings(logger);
  for (const method of ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const)
    console[method] = (...words: unknown[]) => warn({ err: format(...words) }, 'a library wrote to the console');
  // Node's own listener writes plain text to standard error.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => warn({ err: warning }, 'Node.js warned'));
};
