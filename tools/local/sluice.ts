import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hostOf, readAccess, type Access } from './access.ts';
import { removeEnvironment, writeEnvironment } from './environment-note.ts';
import { createRunningNote } from './leftovers.ts';
import { AddressMissingError, describeHolder, isPortFree } from './ports.ts';
import { compileCache, serviceArguments } from './service-command.ts';
import { privateServers } from './private-servers.ts';
import { runOnce } from './run-once.ts';
import { SettingError } from './setting-error.ts';
import { createSupervisor, type Part, type Watcher } from './supervise.ts';

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
  const onChange = () => note.write([...servers.pids(), ...apps.pids()]);
  const servers = createSupervisor({ ...watcher, onChange });
  const apps = createSupervisor({ ...watcher, onChange });

  const start = async () => {
    const producers = readNumber(environment, 'PRODUCERS', 1, mostOfEach);
    const consumers = readNumber(environment, 'CONSUMERS', 1, mostOfEach);
    const firstPort = readNumber(environment, 'HTTP_PORT', 5080, 65_535 - mostOfEach);
    const access = readAccess(environment);
    makeFolder(folder);
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
    writeEnvironment(folder, found);
    const serviceEnvironment = { ...found, ...access.environment, ...compileCache(folder) };
    await runOnce({
      ...nodeOf('database-setup', join(repository, 'apps/database-setup/main.ts')),
      env: serviceEnvironment,
    });
    await Promise.all([
      consoleUp,
      ...ports.map((port, index) =>
        apps.start({
          ...nodeOf(numbered('producer', index, producers), ...serviceArguments('producer')),
          env: { ...serviceEnvironment, HTTP_PORT: String(port) },
          checkReady: () => checkProducer(access.reachAt, port),
        }),
      ),
      ...Array.from({ length: consumers }, (_, index) =>
        apps.start({
          ...nodeOf(numbered('consumer', index, consumers), ...serviceArguments('consumer')),
          env: serviceEnvironment,
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
  };

  return { start, stop };
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

const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingError(
      `The folder for the data cannot be made (${reason}). Choose another: SLUICE_DIR=… npm start`,
    );
  }
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

const checkProducer = async (address: string, port: number): Promise<void> => {
  const url = `http://${hostOf(address)}:${port}/ready`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  // A full queue is one to start for: it drains. Its data may be of the last run.
  const isFull = !answer.ok && (await answer.text()).includes('"queue":"full"');
  if (!answer.ok && !isFull) throw new Error('The queue does not take counts yet');
};

// A consumer listens nowhere; its log says when it is up.
const checkStarted: Part['checkReady'] = async (lines) => {
  if (!lines.some((line) => line.includes('"msg":"started"'))) throw new Error('It has not started yet');
};
