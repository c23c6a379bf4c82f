import * as z from 'zod';
import { runDocker } from '../docker.ts';
import { CommandError, type Fault } from '../explain.ts';

/** What this machine has, as its programs say it. */
export type Machine = {
  readonly nodeVersion: string;
  /** Undefined where there is no docker. */
  readonly docker: { readonly server: string | undefined; readonly said: string } | undefined;
  /** Whether docker has BuildKit's client: an image for ARM64 is made without it only where ARM64 runs, and none is copied by digest. */
  readonly hasBuildx: boolean;
};

const version = z.object({ Server: z.object({ Version: z.string() }).nullish() });

/** Asks the programs of this machine. `logFile` has what they said. */
export const askMachine = async (logFile: string, signal: AbortSignal): Promise<Machine> => {
  const nodeVersion = process.versions.node;
  try {
    const asked = await runDocker(['version', '--format', '{{json .}}'], { logFile, signal });
    const server = readServer(asked.output);
    const said = asked.lastLines.at(-1) ?? '';
    const buildx = await runDocker(['buildx', 'version'], { logFile, signal });
    return { nodeVersion, docker: { server, said }, hasBuildx: buildx.status === 0 };
  } catch (error) {
    if (error instanceof CommandError) return { nodeVersion, docker: undefined, hasBuildx: false };
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

/** What this machine lacks. */
export const judgeMachine = ({ nodeVersion, docker, hasBuildx }: Machine): Fault[] => {
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
  } else if (!hasBuildx) {
    const mend = 'install it: https://docs.docker.com/go/buildx';
    faults.push({ what: 'Docker has no buildx, which makes the images for ARM64', where, mend });
  }
  return faults;
};
