import * as z from 'zod';
import { runDocker } from '../release/docker.ts';
import { CommandError, type Fault } from '../cli/explain.ts';

/** The tools of this machine, as they report themselves. */
export type Machine = {
  readonly nodeVersion: string;
  /** Undefined if docker is not installed. */
  readonly docker: { readonly server: string | undefined; readonly said: string } | undefined;
  /**
   * True if docker has BuildKit's client. Without it, an ARM64 image can be built only on ARM64,
   * and no image can be copied by digest.
   */
  readonly hasBuildx: boolean;
};

const version = z.object({ Server: z.object({ Version: z.string() }).nullish() });

/** Runs the tools of this machine. Their output goes to `logFile`. */
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
    // If docker cannot reach its server, its output may lack the requested values.
    return undefined;
  }
};

/** Finds missing tools of this machine. */
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
