import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeEnvironment, writeEnvironment } from './environment-note.ts';
import { createRunningNote } from './leftovers.ts';
import { describeHolder, isPortFree } from './ports.ts';
import { compileCache, serviceArguments } from './service-command.ts';
import { privateServers } from './private-servers.ts';
import { runOnce } from './run-once.ts';
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

type Ports = { readonly producers: readonly number[]; readonly console: number };

/** The whole of Sluice on this machine. */
export type Sluice = {
  /** Starts servers, set-up, producers and consumers in that order, and the console beside them; answers with the ports. */
  readonly start: () => Promise<Ports>;
  /** Rejects when a part does not keep running. */
  readonly broken: Promise<never>;
  /** Ends all, the servers last; also what a start that failed has left. */
  readonly stop: () => Promise<void>;
};

/** The environment asks for what cannot be. */
export class SettingError extends Error {
  readonly code = 'SETTING_INVALID';
}

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
    makeFolder(folder);
    note.claim();
    isOwner = true;
    await note.endLeftovers(say);
    const ports = Array.from({ length: producers }, (_, index) => firstPort + index);
    for (const port of ports) {
      // oxlint-disable-next-line no-await-in-loop -- the first that is taken is named
      await requireFree(port, 'HTTP_PORT=5090');
    }
    const consolePart = createConsolePart(
      repository,
      await chooseConsolePorts(environment, ports),
      ports,
      isDevelopment,
    );
    // It needs none of the others to be there, and what it builds now and then takes as long as they do.
    const consoleUp = apps.start(consolePart.part);
    // What it throws is thrown below, but perhaps another part fails first.
    consoleUp.catch(() => undefined);

    const { parts, environment: found } = await privateServers(folder, environment, say);
    await Promise.all(parts.map(servers.start));
    writeEnvironment(folder, found);
    const serviceEnvironment = { ...found, ...compileCache(folder) };
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
          checkReady: () => checkProducer(port),
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
    return { producers: ports, console: consolePart.port() };
  };

  const stop = async () => {
    await apps.stop();
    await servers.stop();
    if (!isOwner) return;
    removeEnvironment(folder);
    note.remove();
  };

  const broken = Promise.race([servers.broken, apps.broken]);
  // Nobody may be listening yet when a part dies.
  broken.catch(() => undefined);
  return { start, broken, stop };
};

const requireFree = async (port: number, another: string): Promise<void> => {
  if (await isPortFree(port)) return;
  throw new SettingError(
    `Port ${port} is taken by ${describeHolder(port)}. End that, or choose another: ${another} npm start`,
  );
};

/** The port that is asked for; else the first that is free from 8080 on, so that a second Sluice or another program is not in its way. */
const chooseConsolePorts = async (
  environment: Readonly<Record<string, string | undefined>>,
  taken: readonly number[],
): Promise<readonly number[]> => {
  const first = readNumber(environment, 'CONSOLE_PORT', 8080, 65_535 - mostOfEach);
  const isAsked = Boolean(environment['CONSOLE_PORT']);
  if (!isAsked) {
    return Array.from({ length: 2 * mostOfEach }, (_, index) => first + index).filter((port) => !taken.includes(port));
  }
  if (taken.includes(first)) throw new SettingError(`Port ${first} is asked for by CONSOLE_PORT and is a producer's`);
  await requireFree(first, 'CONSOLE_PORT=8090');
  return [first];
};

const createConsolePart = (
  repository: string,
  ports: readonly number[],
  producers: readonly number[],
  isDevelopment: boolean,
) => {
  let port = 0;
  const options = [
    ...['--repository', repository],
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

const checkProducer = async (port: number): Promise<void> => {
  const { ok } = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(3_000) });
  if (!ok) throw new Error('The queue does not take counts yet');
};

// A consumer listens nowhere; its log says when it is up.
const checkStarted: Part['checkReady'] = async (lines) => {
  if (!lines.some((line) => line.includes('"msg":"started"'))) throw new Error('It has not started yet');
};
