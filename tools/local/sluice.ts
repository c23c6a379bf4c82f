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
  /** Where data, logs and the note of what runs are kept. */
  readonly folder: string;
  /** Where to look for servers, ports and numbers; the services get it too. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the console comes from its sources and follows their changes. */
  readonly isDevelopment: boolean;
  readonly say: (line: string) => void;
  readonly watcher: Omit<Watcher, 'onChange'>;
};

type Started = {
  readonly producers: readonly number[];
  readonly console: number;
  readonly access: Access;
};

/** The whole of Sluice on this machine. */
export type Sluice = {
  /** Starts servers, set-up, producers and consumers in that order, and the console beside them; answers with the ports. What dies later is started again. */
  readonly start: () => Promise<Started>;
  /** Ends all, the servers last; also what a start that failed has left. */
  readonly stop: () => Promise<void>;
};

const mostOfEach = 50;
const producerAnswersWithinMs = 3_000;

/** Puts the local Sluice together; it does not run yet. */
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
    const producers = readNumber(environment, 'PRODUCERS', 1, mostOfEach);
    const consumers = readNumber(environment, 'CONSUMERS', 1, mostOfEach);
    const firstPort = readNumber(environment, 'HTTP_PORT', 5080, 65_535 - mostOfEach);
    const access = readAccess(environment);
    requireOpenFiles();
    makeFolder(logFolderOf(folder));
    note.claim();
    isOwner = true;
    await note.endLeftovers(say);
    const ports = Array.from({ length: producers }, (_, index) => firstPort + index);
    for (const port of ports) {
      // oxlint-disable-next-line no-await-in-loop -- the first that is taken is named
      await requireFree(port, access.address, 'HTTP_PORT=5090');
    }
    const consolePart = createConsolePart({
      repository,
      ports: await chooseConsolePorts(environment, access.address, ports),
      producers: ports,
      access,
      isDevelopment,
    });
    // It needs none of the others to be there, and what it builds now and then takes as long as they do.
    const consoleUp = apps.start(consolePart.part);
    // What it throws is thrown below, but perhaps another part fails first.
    consoleUp.catch(() => undefined);

    const { parts, environment: found } = await privateServers(folder, environment, say);
    await Promise.all(parts.map(servers.start));
    writeEnvironment(folder, environment, found);
    const ofServices = { ...found, ...access.environment, ...serviceEnvironment(folder) };
    await runOnce({
      ...nodeOf('database-setup', join(repository, 'apps/database-setup/main.ts')),
      env: ofServices,
    });
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
    // What runs goes on. Only a reaper knows of it then, and as a rule that is enough.
    say(`What runs could not be noted. ${explainFileError(error) ?? String(error)}`);
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
    `Port ${port} is taken by ${describeHolder(port)}. End that, or choose another: ${another} npm start`,
  );
};

/** The port that is asked for; else the first that is free from 8080 on, so that a second Sluice or another program is not in its way. */
const chooseConsolePorts = async (
  environment: Readonly<Record<string, string | undefined>>,
  address: string,
  taken: readonly number[],
): Promise<readonly number[]> => {
  const first = readNumber(environment, 'CONSOLE_PORT', 8080, 65_535 - mostOfEach);
  const isAsked = Boolean(environment['CONSOLE_PORT']);
  if (!isAsked) {
    return Array.from({ length: 2 * mostOfEach }, (_, index) => first + index).filter((port) => !taken.includes(port));
  }
  if (taken.includes(first)) throw new SettingError(`Port ${first} is asked for by CONSOLE_PORT and is a producer's`);
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
  // An agent of its own goes through no proxy, whatever HTTP_PROXY and NODE_USE_ENV_PROXY say;
  // fetch would.
  const agent = new Agent();
  const request = get({ host, port, path: '/ready', agent, signal: AbortSignal.timeout(producerAnswersWithinMs) });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  // A full queue is one to start for: it drains. Its data may be of the last run. An unsafe one takes counts as soon as
  // its server is set up as it must be, which the log and the console say.
  const isToBeStarted = /"queue":"(?:full|unsafe)"/.test(await readText(answer));
  if (answer.statusCode !== 200 && !isToBeStarted) throw new Error('The queue does not take counts yet');
};

// A consumer listens nowhere; its log says when it is up.
const checkStarted: Part['checkReady'] = async (lines) => {
  if (!lines.some((line) => line.includes('"msg":"started"'))) throw new Error('It has not started yet');
};
