import { Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { readAccess, type Access } from './access.ts';
import { removeEnvironment, writeEnvironment } from './environment-note.ts';
import { explainFileError } from './explain-file-error.ts';
import { logFolderOf, makeFolder } from './folder.ts';
import { createRunningNote, type RunningNote } from './processes/leftovers.ts';
import { requireOpenFiles } from './processes/open-files.ts';
import { AddressMissingError, describeHolder, isPortFree } from './servers/ports.ts';
import { serviceArguments, serviceEnvironment } from './service-command.ts';
import { privateServers } from './servers/private-servers.ts';
import { runOnce } from './processes/run-once.ts';
import { SettingError } from './setting-error.ts';
import { createSupervisor, type Part, type Watcher } from './processes/supervise.ts';

type SluiceSettings = {
  readonly repository: string;
  /** The folder of the data, the logs and the note of running processes. */
  readonly folder: string;
  /** The variables for servers, ports and numbers. The services get them too. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** True to serve the console from its sources and follow their changes. */
  readonly isDevelopment: boolean;
  readonly say: (line: string) => void;
  readonly watcher: Omit<Watcher, 'onChange'>;
};

type Started = {
  readonly producers: readonly number[];
  readonly console: number;
  readonly access: Access;
};

/** Sluice as a whole, on this machine. */
export type Sluice = {
  /**
   * Starts servers, setup, producers and consumers in that order, and the console in parallel.
   * Returns the ports. Parts that die later are restarted.
   */
  readonly start: () => Promise<Started>;
  /** Ends everything, the servers last, including the leftovers of a failed start. */
  readonly stop: () => Promise<void>;
};

const maxOfEach = 50;
const producerAnswersWithinMs = 3_000;

/** Assembles the local Sluice without starting it. */
export const createSluice = ({
  repository,
  folder,
  environment,
  isDevelopment,
  say,
  watcher,
}: SluiceSettings): Sluice => {
  const note = createRunningNote(folder);
  let isOwner = false;
  const onChange = () => noteWhatRuns(note, [...servers.pids(), ...apps.pids()], say);
  const servers = createSupervisor({ ...watcher, onChange });
  const apps = createSupervisor({ ...watcher, onChange });

  const start = async () => {
    const producers = readNumber(environment, 'PRODUCERS', 1, maxOfEach);
    const consumers = readNumber(environment, 'CONSUMERS', 1, maxOfEach);
    const firstPort = readNumber(environment, 'HTTP_PORT', 5080, 65_535 - maxOfEach);
    const access = readAccess(environment);
    requireOpenFiles();
    makeFolder(logFolderOf(folder));
    note.claim();
    isOwner = true;
    await note.endLeftovers(say);
    const ports = Array.from({ length: producers }, (_, index) => firstPort + index);
    for (const port of ports) {
      await requireFree(port, access.address, 'HTTP_PORT=5090');
    }
    const consolePart = createConsolePart({
      repository,
      ports: await chooseConsolePorts(environment, access.address, ports),
      producers: ports,
      access,
      isDevelopment,
    });
    // The console needs no other part, and an occasional build takes as long as they do.
    const consoleUp = apps.start(consolePart.part);
    // Its error is thrown below, but another part may fail first.
    consoleUp.catch(() => undefined);

    const { parts, environment: found } = await privateServers(folder, environment, say);
    await Promise.all(parts.map(servers.start));
    writeEnvironment(folder, environment, found);
    const ofServices = { ...found, ...access.environment, ...serviceEnvironment() };
    const setUp = nodeOf('database-setup', join(repository, 'apps/database-setup/main.ts'));
    const lines = await runOnce({ ...setUp, env: ofServices });
    for (const line of lines.filter(isWarning)) watcher.onLine(setUp.name, line);
    await Promise.all([
      consoleUp,
      ...ports.map((port, index) =>
        apps.start({
          ...nodeOf(numbered('producer', index, producers), ...serviceArguments('producer')),
          env: { ...ofServices, HTTP_PORT: String(port) },
          checkReady: () => checkProducer(access.reachAt, port),
        }),
      ),
      ...Array.from({ length: consumers }, (_, index) =>
        apps.start({
          ...nodeOf(numbered('consumer', index, consumers), ...serviceArguments('consumer')),
          env: ofServices,
          checkReady: checkStarted,
        }),
      ),
    ]);
    return { producers: ports, console: consolePart.port(), access };
  };

  const stop = async () => {
    await apps.stop();
    await servers.stop();
    if (!isOwner) return;
    removeEnvironment(folder);
    note.remove();
    note.release();
  };

  return { start, stop };
};

const noteWhatRuns = (note: RunningNote, pids: readonly number[], say: (line: string) => void): void => {
  try {
    note.write(pids);
  } catch (error) {
    // The parts keep running. Only a reaper knows of them then, which is usually enough.
    say(`Sluice could not save its process ids. ${explainFileError(error) ?? String(error)}`);
  }
};

const requireFree = async (port: number, address: string, another: string): Promise<void> => {
  try {
    if (await isPortFree(port, address)) return;
  } catch (error) {
    if (!(error instanceof AddressMissingError)) throw error;
    throw new SettingError(`HTTP_ADDRESS cannot be used: ${error.message}`, { cause: error });
  }
  throw new SettingError(
    `Port ${port} is taken by ${describeHolder(port)}. Stop it, or choose another port: ${another} npm start`,
  );
};

/**
 * Returns the ports to try: the configured one, else a range from 8080 on. So a second Sluice or
 * another program does not conflict.
 */
const chooseConsolePorts = async (
  environment: Readonly<Record<string, string | undefined>>,
  address: string,
  taken: readonly number[],
): Promise<readonly number[]> => {
  const first = readNumber(environment, 'CONSOLE_PORT', 8080, 65_535 - maxOfEach);
  const isAsked = Boolean(environment['CONSOLE_PORT']);
  if (!isAsked) {
    return Array.from({ length: 2 * maxOfEach }, (_, index) => first + index).filter((port) => !taken.includes(port));
  }
  if (taken.includes(first))
    throw new SettingError(`CONSOLE_PORT is ${first}, which a producer uses. Choose another port`);
  await requireFree(first, address, 'CONSOLE_PORT=8090');
  return [first];
};

type ConsoleSettings = {
  readonly repository: string;
  /** The ports to try. */
  readonly ports: readonly number[];
  readonly producers: readonly number[];
  readonly access: Access;
  readonly isDevelopment: boolean;
};

const createConsolePart = ({ repository, ports, producers, access, isDevelopment }: ConsoleSettings) => {
  let port = 0;
  const options = [
    ...['--repository', repository, '--address', access.address, '--reach-at', access.reachAt],
    ...access.hosts.flatMap((host) => ['--host', host]),
    ...ports.flatMap((candidate) => ['--port', String(candidate)]),
    ...producers.flatMap((producer) => ['--producer', String(producer)]),
    ...(isDevelopment ? ['--dev'] : []),
  ];
  const main = nodeOf('console', join(repository, 'tools/local/console/main.ts'));
  const checkReady: Part['checkReady'] = async (lines) => {
    const found = lines.map((line) => /^listening on (\d+)$/.exec(line)?.[1]).find((text) => text !== undefined);
    if (found === undefined) throw new Error('It does not listen yet');
    port = Number(found);
  };
  return { part: { ...main, args: [...main.args, ...options], checkReady }, port: () => port };
};

const nodeOf = (name: string, ...args: string[]) => ({ name, command: process.execPath, args });

const numbered = (name: string, index: number, of: number): string => (of === 1 ? name : `${name}-${index + 1}`);

const readNumber = (
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  otherwise: number,
  most: number,
): number => {
  const text = environment[name] || String(otherwise);
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new SettingError(`${name} must be an integer from 1 to ${most}`);
};

const checkProducer = async (host: string, port: number): Promise<void> => {
  // A separate agent uses no proxy, regardless of HTTP_PROXY and NODE_USE_ENV_PROXY. fetch would
  // use one.
  const agent = new Agent();
  const request = get({ host, port, path: '/ready', agent, signal: AbortSignal.timeout(producerAnswersWithinMs) });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  // A full queue is no obstacle: it may hold data of the last run, and drains. An unsafe queue
  // takes counts once its server is configured correctly, which the log and the console report.
  const isToBeStarted = /"queue":"(?:full|unsafe)"/.test(await readText(answer));
  if (answer.statusCode !== 200 && !isToBeStarted) throw new Error('The queue does not accept counts yet');
};

const isWarning = (line: string): boolean => line.includes('"level":"warn"');

// A consumer listens on no port. Its log reports when it is ready.
const checkStarted: Part['checkReady'] = async (lines) => {
  if (!lines.some((line) => line.includes('"msg":"started"'))) throw new Error('It has not started yet');
};
