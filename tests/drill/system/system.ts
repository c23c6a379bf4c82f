import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { runOnce } from '@sluice/local/processes/run-once.ts';
import { createNames } from '../hosts/names.ts';
import { createNetwork } from '../hosts/network.ts';
import { apiAddress, createBalancer } from './balancer.ts';
import { createDatabase, untilServing } from './database.ts';
import { createProcess, type ProcessCreator, type Process } from './process.ts';
import { createQueue } from './queue.ts';
import { untilHome } from './shards.ts';
import { createServices, databaseEnvironment, getOk } from './services.ts';
import { untilDone } from './until-done.ts';

export type System = Awaited<ReturnType<typeof startSystem>>;

/**
 * Starts everything. Resolves when the balancer has a producer that is ready. `folder`: for the
 * logs. `note` is called with events that nobody asked for.
 */
export const startSystem = async (folder: string, note: (text: string) => void) => {
  createNetwork();
  createNames();
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true });
  const processes = new Map<string, Process>();
  const processOn: ProcessCreator = (host, part) => {
    const log = join(logs, `${part.name}.log`);
    const process = createProcess({ part, host, log, onEnd: (how) => note(`${part.name} ended by itself (${how})`) });
    processes.set(part.name, process);
    return process;
  };

  const queue = createQueue(processOn);
  const database = await createDatabase(processOn);
  await Promise.all([queue.start(), database.start()]);
  await runOnce({
    name: 'The set-up of the database',
    command: process.execPath,
    args: [join(repository, 'apps/database-setup/main.ts')],
    env: databaseEnvironment,
  });
  const services = createServices(processOn);
  const balancer = createBalancer(processOn);
  await Promise.all([...services.producers, ...services.consumers, balancer].map((each) => each.up()));
  await untilDone(() => getOk(`${apiAddress}/ready`));

  /** Returns a process by its name. `database` is the MySQL that runs. */
  const processOf = (name: string): Process => {
    const found = name === 'database' ? database.process() : processes.get(name);
    if (found === undefined) throw new Error(`There is no process ${name}`);
    return found;
  };

  /** Resolves when a process and the servers that depend on it are whole again. */
  const untilWhole = async (name: string): Promise<void> => {
    if (name === 'database') await untilServing();
    else if (queue.nodes.has(name)) await untilHome();
    else await processOf(name).untilReady();
  };

  return { queue, database, ...services, processOn, processOf, untilWhole };
};
