import * as z from 'zod';
import { runDocker } from '../docker.ts';
import { CommandError, type Fault } from '../explain.ts';

/** What this machine has, as its programs say it. */
export type Machine = {
  readonly nodeVersion: string;
  /** Undefined where there is no docker. */
  readonly docker: { readonly server: string | undefined; readonly said: string } | undefined;
  /** Undefined where docker does not say: one without buildx. */
  readonly platforms: readonly string[] | undefined;
};

const version = z.object({ Server: z.object({ Version: z.string() }).nullish() });

/** Asks the programs of this machine. `logFile` has what they said. */
export const askMachine = async (logFile: string, signal: AbortSignal): Promise<Machine> => {
  const nodeVersion = process.versions.node;
  try {
    const asked = await runDocker(['version', '--format', '{{json .}}'], { logFile, signal });
    const server = readServer(asked.output);
    const said = asked.lastLines.at(-1) ?? '';
    const builder = await runDocker(['buildx', 'inspect'], { logFile, signal });
    const platforms = builder.status === 0 ? readPlatforms(builder.output) : undefined;
    return { nodeVersion, docker: { server, said }, platforms };
  } catch (error) {
    if (error instanceof CommandError) return { nodeVersion, docker: undefined, platforms: undefined };
    throw error;
  }
};

const readServer = (output: string): string | undefined => {
  try {
    return version.parse(JSON.parse(output)).Server?.Version;
  } catch {
    // A docker that cannot reach its server may say nothing of what was asked.
    return undefined;
  }
};

/**
 * The platforms that `docker buildx inspect` lists, of all its nodes; undefined where it lists none.
 * @internal
 */
export const readPlatforms = (output: string): readonly string[] | undefined => {
  const found = [...output.matchAll(/^Platforms:\s*(.+)$/gm)].flatMap(([, list = '']) =>
    list.split(',').map((platform) => platform.trim().replace('*', '')),
  );
  return found.length === 0 ? undefined : found;
};

/** What this machine lacks. */
export const judgeMachine = ({ nodeVersion, docker, platforms }: Machine): Fault[] => {
  const where = 'this machine';
  const faults: Fault[] = [];
  if (Number(nodeVersion.split('.')[0]) < 24) {
    const mend = 'start it by npm (npm run deploy), which takes the right one from node_modules';
    faults.push({ what: `Node is ${nodeVersion}, and Sluice needs 24`, where, mend });
  }
  if (docker === undefined) {
    faults.push({ what: 'There is no docker', where, mend: 'install it: https://docs.docker.com/engine/install' });
  } else if (docker.server === undefined) {
    const mend = 'systemctl start docker (or Docker Desktop)';
    faults.push({ what: `Docker does not run: ${docker.said}`, where, mend });
  }
  if (platforms !== undefined && !platforms.some((platform) => platform.startsWith('linux/arm64'))) {
    const mend = 'docker run --privileged --rm tonistiigi/binfmt --install arm64';
    faults.push({ what: `Docker builds for ${platforms.join(', ')}, and the tasks run on linux/arm64`, where, mend });
  }
  return faults;
};
